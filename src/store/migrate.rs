//! Schema versions. Migrations are only ever added to the end; each runs in one transaction, after a backup.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::error::Result;
use super::inspect::{APPLICATION_ID, newer};
use crate::model::Channel;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::message::{HeldReason, MessageState};

/// One step from a schema to the next.
pub(super) struct Migration {
    sql: &'static str,
}

/// Every migration there ever was, in order. Version n is reached after the first n.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("schema/0001_base.sql") },
    Migration { sql: include_str!("schema/0002_claims.sql") },
];

/// The schema this release writes.
pub(super) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// The schema of an open file.
pub(super) fn version(connection: &Connection) -> Result<u32> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings an open file up to date, keeping a copy of an older one beside it. Returns the copy's path if one was made.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<Option<PathBuf>> {
    let (from, newest) = (version(connection)?, migrations.len() as u32);
    if from > newest {
        return Err(newer(from, newest).into());
    }
    if from == newest {
        return Ok(None);
    }
    let backup = if from == 0 { None } else { Some(back_up(connection, path, from)?) };
    for (index, migration) in migrations.iter().enumerate().skip(from as usize) {
        apply(connection, migration, index as u32 + 1)?;
    }
    Ok(backup)
}

fn apply(connection: &mut Connection, migration: &Migration, reaches: u32) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    if version(&transaction)? >= reaches {
        return Ok(());
    }
    transaction.execute_batch(migration.sql)?;
    write_codes(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", reaches)?;
    transaction.commit()?;
    Ok(())
}

/// The small numbers of the model, so that a person with another tool can read them.
fn write_codes(connection: &Connection) -> Result<()> {
    let mut insert = connection.prepare("INSERT OR REPLACE INTO code VALUES (?1, ?2, ?3)")?;
    for channel in Channel::ALL {
        insert.execute(("channel", channel.code(), channel.name()))?;
    }
    for purpose in Purpose::ALL {
        insert.execute(("purpose", purpose as u8, purpose.name()))?;
    }
    for state in ConsentState::ALL {
        insert.execute(("consent", state as u8, state.name()))?;
    }
    for reason in SuppressionReason::ALL {
        insert.execute(("suppression", reason as u8, reason.name()))?;
    }
    for state in MessageState::ALL {
        insert.execute(("message", state as u8, state.name()))?;
    }
    for reason in HeldReason::ALL {
        insert.execute(("held", reason as u8, reason.name()))?;
    }
    Ok(())
}

/// `shop.db` at schema 1 is kept as `shop.backup-v1.db`; an existing copy is never overwritten.
fn back_up(connection: &Connection, path: &Path, version: u32) -> Result<PathBuf> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut target = path.with_file_name(format!("{stem}.backup-v{version}.db"));
    let mut again = 2;
    while target.exists() {
        target = path.with_file_name(format!("{stem}.backup-v{version}-{again}.db"));
        again += 1;
    }
    super::open::create_private(&target)?;
    connection.backup(rusqlite::MAIN_DB, &target, None::<fn(rusqlite::backup::Progress)>)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;
    use crate::store::Store;

    const NEXT: &str = "ALTER TABLE source ADD COLUMN note TEXT";

    fn workspace() -> (tempfile::TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        drop(Store::create(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.execute("INSERT INTO source (name) VALUES ('till')", []).unwrap();
        (folder, path, connection)
    }

    /// Every migration there is and one more.
    fn migrations(next: &'static str) -> Vec<Migration> {
        MIGRATIONS.iter().map(|known| known.sql).chain([next]).map(|sql| Migration { sql }).collect()
    }

    #[test]
    fn an_older_file_is_copied_and_brought_up_to_date() {
        let (_folder, path, mut connection) = workspace();
        let backup = migrate(&mut connection, &path, &migrations(NEXT)).unwrap().unwrap();
        assert_eq!(version(&connection).unwrap(), NEWEST + 1);
        connection.execute("UPDATE source SET note = 'x'", []).unwrap();
        assert_eq!(backup, path.with_file_name(format!("shop.backup-v{NEWEST}.db")));
        assert_eq!(migrate(&mut connection, &path, &migrations(NEXT)).unwrap(), None);
        // The copy is a workspace of the older schema that opens by itself.
        let copy = Store::open(&backup, Time(0)).unwrap();
        let name: String =
            copy.connection().query_row("SELECT name FROM source", [], |row| row.get(0)).unwrap();
        assert_eq!(name, "till");
        assert!(copy.connection().prepare("SELECT note FROM source").is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let (_folder, path, mut connection) = workspace();
        let broken = migrations("ALTER TABLE source ADD COLUMN note TEXT; UPDATE nowhere SET x = 1;");
        assert!(migrate(&mut connection, &path, &broken).is_err());
        assert_eq!(version(&connection).unwrap(), NEWEST);
        assert!(connection.prepare("SELECT note FROM source").is_err());
        // Tried again, the first copy is kept.
        migrate(&mut connection, &path, &migrations(NEXT)).unwrap();
        assert!(path.with_file_name(format!("shop.backup-v{NEWEST}.db")).exists());
        assert!(path.with_file_name(format!("shop.backup-v{NEWEST}-2.db")).exists());
    }

    #[test]
    fn a_file_from_a_later_release_is_not_migrated() {
        let (_folder, path, mut connection) = workspace();
        connection.pragma_update(None, "user_version", 7).unwrap();
        let error = migrate(&mut connection, &path, MIGRATIONS).unwrap_err();
        assert_eq!(error.problem().map(|problem| problem.code), Some("workspace-newer"));
    }
}
