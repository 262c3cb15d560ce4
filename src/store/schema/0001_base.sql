-- The first schema of a workspace and of a run file. Facts carry the identity they arrived with, never a profile.
-- Times are UTC milliseconds. A fact is visible when its batch is complete and no complete batch superseded it.
-- The fact tables have no secondary index and no foreign keys on purpose: both cost more than the rows themselves at
-- ten million; `segue doctor` checks what they would have.

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL              -- row ids are handed out from here and never reused
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('event', 1), ('identify', 1), ('identity', 1);

CREATE TABLE term (                    -- the shared dictionary: names that are nobody's personal data
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                -- event, namespace, experience, journey, experiment, variant, placement, step, category, definition, basis
    text TEXT NOT NULL,
    UNIQUE (kind, text)
) STRICT;

CREATE TABLE code (                    -- what the small numbers mean, for people with another SQLite tool
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    owner TEXT,
    purposes TEXT NOT NULL DEFAULT '[]',   -- JSON array of the purposes its data may serve
    retention_days INTEGER,
    expires INTEGER
) STRICT;

CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                -- events, profiles, experiment, live, run
    file TEXT NOT NULL,
    sha256 BLOB,                       -- of the file's bytes
    mapping TEXT,                      -- the mapping as it was used
    mapping_sha256 BLOB,
    source INTEGER REFERENCES source (id),
    state TEXT NOT NULL CHECK (state IN ('loading', 'complete', 'reverting', 'reverted')),
    started INTEGER NOT NULL,
    completed INTEGER,
    rows INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    grouped INTEGER NOT NULL DEFAULT 0,
    merged INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    anonymous INTEGER NOT NULL DEFAULT 0,
    first_event INTEGER,               -- every event of the batch lies between these two ids
    last_event INTEGER,
    first_identify INTEGER,
    last_identify INTEGER
) STRICT;

CREATE TABLE identity (
    id INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL REFERENCES term (id),
    value TEXT NOT NULL,
    UNIQUE (namespace, value)
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    key_hi INTEGER NOT NULL,
    key_lo INTEGER NOT NULL,
    superseded_by INTEGER,             -- the batch that brought a newer version
    content INTEGER,                   -- hash of what the row says, where rows may supersede
    at INTEGER NOT NULL,
    received INTEGER,                  -- NULL: when the batch started
    sequence INTEGER NOT NULL,
    name INTEGER NOT NULL,             -- term
    channel INTEGER NOT NULL,          -- code
    identity INTEGER,                  -- NULL: an event of nobody
    properties TEXT,                   -- JSON object
    items TEXT                         -- JSON array of objects
) STRICT;

CREATE TABLE identify (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    key_hi INTEGER NOT NULL,
    key_lo INTEGER NOT NULL,
    superseded_by INTEGER,
    content INTEGER,
    at INTEGER NOT NULL,
    received INTEGER,
    identity INTEGER NOT NULL,
    traits TEXT NOT NULL               -- JSON object
) STRICT;

CREATE TABLE supersession (            -- which version replaced which, so that a revert can restore
    batch INTEGER NOT NULL,
    fact TEXT NOT NULL CHECK (fact IN ('event', 'identify')),
    older INTEGER NOT NULL,
    newer INTEGER NOT NULL,
    PRIMARY KEY (fact, older)
) STRICT, WITHOUT ROWID;
CREATE INDEX supersession_batch ON supersession (batch);

CREATE TABLE repeat (                  -- facts a batch brought that were already known, as ranges of ids
    batch INTEGER NOT NULL,
    fact TEXT NOT NULL CHECK (fact IN ('event', 'identify')),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (batch, fact, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (                    -- two identities said to be one person
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE consent (                 -- a ledger: lines are added, never changed
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    purpose INTEGER NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    expires INTEGER,
    basis INTEGER NOT NULL             -- term
) STRICT;

CREATE TABLE suppression (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    at INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    purpose INTEGER NOT NULL,
    state INTEGER NOT NULL,
    held INTEGER,
    updated INTEGER NOT NULL,
    experience INTEGER NOT NULL,       -- term
    journey INTEGER,                   -- term
    categories TEXT,                   -- JSON array of texts
    definition INTEGER                 -- term of kind definition: the hash of what decided it
) STRICT;

CREATE TABLE exposure (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    at INTEGER NOT NULL,
    experiment INTEGER NOT NULL,       -- term
    variant INTEGER NOT NULL,          -- term
    definition INTEGER
) STRICT;

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    at INTEGER NOT NULL,
    placement INTEGER NOT NULL,        -- term
    experience INTEGER,                -- term; NULL: the fallback
    experiment INTEGER,
    variant INTEGER,
    propensity REAL NOT NULL,
    trace TEXT NOT NULL,               -- JSON
    definition INTEGER
) STRICT;

CREATE TABLE enrollment (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    journey INTEGER NOT NULL,          -- term
    version INTEGER NOT NULL,
    entered INTEGER NOT NULL,
    step INTEGER NOT NULL,             -- term
    exited INTEGER,
    outcome TEXT,
    definition INTEGER
) STRICT;

CREATE TABLE definition (              -- append-only
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (kind, name, version)
) STRICT;

CREATE TABLE experiment (              -- imported with a value per unit
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,                -- what a row of the file is: a column's name
    variants TEXT NOT NULL,            -- JSON array, in order of the codes
    control INTEGER NOT NULL,
    metrics TEXT NOT NULL              -- JSON array of {name, kind, covariate}
) STRICT;

CREATE TABLE experiment_unit (
    experiment INTEGER NOT NULL,
    unit TEXT NOT NULL,
    variant INTEGER NOT NULL,
    metric_values TEXT NOT NULL        -- JSON array in order of the metrics; null is missing
) STRICT;

CREATE TABLE run (                     -- the one row of a run file; in the workspace, the list of runs there are
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seed INTEGER NOT NULL,
    world TEXT NOT NULL,
    world_sha256 BLOB NOT NULL,
    definitions TEXT NOT NULL,         -- JSON array of hashes
    started INTEGER NOT NULL,
    completed INTEGER
) STRICT;

CREATE TABLE change (                  -- one row per commit others should notice
    revision INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,                -- batch, revert, definition, experiment, run
    subject TEXT NOT NULL
) STRICT;

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    since INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW events AS
SELECT e.id, e.batch, datetime(e.at / 1000, 'unixepoch') AS happened, e.at,
       coalesce(e.received, b.started) AS received, e.sequence, n.text AS name, c.name AS channel,
       s.text AS namespace, i.value AS identity, e.properties, e.items
FROM event AS e
JOIN batch AS b ON b.id = e.batch AND b.state = 'complete'
JOIN term AS n ON n.id = e.name
LEFT JOIN code AS c ON c.kind = 'channel' AND c.id = e.channel
LEFT JOIN identity AS i ON i.id = e.identity
LEFT JOIN term AS s ON s.id = i.namespace
WHERE e.superseded_by IS NULL
   OR NOT EXISTS (SELECT 1 FROM batch AS n WHERE n.id = e.superseded_by AND n.state = 'complete');

CREATE VIEW profiles_said AS
SELECT t.id, t.batch, datetime(t.at / 1000, 'unixepoch') AS held, s.text AS namespace, i.value AS identity, t.traits
FROM identify AS t
JOIN batch AS b ON b.id = t.batch AND b.state = 'complete'
JOIN identity AS i ON i.id = t.identity
JOIN term AS s ON s.id = i.namespace
WHERE t.superseded_by IS NULL
   OR NOT EXISTS (SELECT 1 FROM batch AS n WHERE n.id = t.superseded_by AND n.state = 'complete');

CREATE VIEW consents AS
SELECT l.id, l.batch, s.text AS namespace, i.value AS identity, c.name AS channel, p.name AS purpose,
       q.name AS state, datetime(l.at / 1000, 'unixepoch') AS said, l.at, l.expires, k.text AS basis
FROM consent AS l
JOIN batch AS b ON b.id = l.batch AND b.state = 'complete'
JOIN identity AS i ON i.id = l.identity
JOIN term AS s ON s.id = i.namespace
JOIN term AS k ON k.id = l.basis
LEFT JOIN code AS c ON c.kind = 'channel' AND c.id = l.channel
LEFT JOIN code AS p ON p.kind = 'purpose' AND p.id = l.purpose
LEFT JOIN code AS q ON q.kind = 'consent' AND q.id = l.state;

CREATE VIEW messages AS
SELECT m.id, m.batch, datetime(m.at / 1000, 'unixepoch') AS decided, m.at, s.text AS namespace, i.value AS identity,
       c.name AS channel, p.name AS purpose, q.name AS state, h.name AS held, x.text AS experience, j.text AS journey
FROM message AS m
JOIN batch AS b ON b.id = m.batch AND b.state = 'complete'
JOIN identity AS i ON i.id = m.identity
JOIN term AS s ON s.id = i.namespace
JOIN term AS x ON x.id = m.experience
LEFT JOIN term AS j ON j.id = m.journey
LEFT JOIN code AS c ON c.kind = 'channel' AND c.id = m.channel
LEFT JOIN code AS p ON p.kind = 'purpose' AND p.id = m.purpose
LEFT JOIN code AS q ON q.kind = 'message' AND q.id = m.state
LEFT JOIN code AS h ON h.kind = 'held' AND h.id = m.held;
