-- What somebody says for all people of an import at once: how their consent was obtained. Lines of the consent ledger that
-- rest on a claim point at it; what a person said themselves points nowhere. Every migration also writes the small numbers
-- of the model again, so that older files learn the names of newer reasons.

CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    basis TEXT NOT NULL,               -- opt-in, existing-customer
    channel INTEGER NOT NULL,          -- code
    purpose INTEGER NOT NULL,          -- code
    said_by TEXT,                      -- who says so, where somebody was named
    at INTEGER NOT NULL
) STRICT;

ALTER TABLE consent ADD COLUMN claim INTEGER;

CREATE VIEW claims AS
SELECT c.id, c.batch, s.name AS source, b.file, c.basis, h.name AS channel, p.name AS purpose, c.said_by,
       datetime(c.at / 1000, 'unixepoch') AS said, c.at
FROM claim AS c
JOIN batch AS b ON b.id = c.batch AND b.state = 'complete'
LEFT JOIN source AS s ON s.id = b.source
LEFT JOIN code AS h ON h.kind = 'channel' AND h.id = c.channel
LEFT JOIN code AS p ON p.kind = 'purpose' AND p.id = c.purpose;

CREATE VIEW decisions AS
SELECT d.id, d.batch, datetime(d.at / 1000, 'unixepoch') AS decided, d.at, s.text AS namespace, i.value AS identity,
       w.text AS asked, x.text AS experience, e.text AS experiment, v.text AS variant, d.propensity
FROM decision AS d
JOIN batch AS b ON b.id = d.batch AND b.state = 'complete'
JOIN identity AS i ON i.id = d.identity
JOIN term AS s ON s.id = i.namespace
JOIN term AS w ON w.id = d.placement
LEFT JOIN term AS x ON x.id = d.experience
LEFT JOIN term AS e ON e.id = d.experiment
LEFT JOIN term AS v ON v.id = d.variant;
