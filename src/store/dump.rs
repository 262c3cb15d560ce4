//! A canonical text of what a workspace says: visible facts without row ids, batches or wall-clock times. Two files
//! that say the same dump the same bytes.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::ControlFlow;

use super::Store;
use super::error::Result;
use super::read::Window;

fn said(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

impl Store {
    /// The canonical dump. Meant for tests and for comparing small workspaces: it is built in memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn dump(&self) -> Result<String> {
        let names = self.names()?;
        let people = self.people()?;
        let mut lines = Vec::new();
        let term = |id: i64| names.get(&id).map_or("", String::as_str);
        let person = |id: Option<i64>| id.and_then(|id| people.get(&id)).map_or("-", String::as_str);
        self.for_each_event(&Window::ALL, |e| {
            lines.push(format!(
                "event {} {} {} {} {} {} {}",
                e.at,
                e.sequence,
                term(e.name),
                e.channel,
                person(e.identity),
                said(e.properties),
                said(e.items)
            ));
            ControlFlow::Continue(())
        })?;
        self.for_each_identify(&Window::ALL, |i| {
            lines.push(format!("identify {} {} {}", i.at, person(Some(i.identity)), i.traits));
            ControlFlow::Continue(())
        })?;
        self.for_each_link(&Window::ALL, |l| {
            lines.push(format!("link {} {} {}", l.at, person(Some(l.a)), person(Some(l.b))));
            ControlFlow::Continue(())
        })?;
        self.for_each_consent(&Window::ALL, |c| {
            let (purpose, state) = (c.purpose.name(), c.state.name());
            let whose = person(Some(c.identity));
            lines.push(format!("consent {} {whose} {} {purpose} {state} {}", c.at, c.channel, c.basis));
            ControlFlow::Continue(())
        })?;
        self.for_each_suppression(&Window::ALL, |s| {
            let whose = person(Some(s.identity));
            lines.push(format!("suppression {} {whose} {} {}", s.at, s.channel, s.reason.name()));
            ControlFlow::Continue(())
        })?;
        self.for_each_message(&Window::ALL, |m| {
            let (whose, what) = (person(Some(m.identity)), term(m.experience));
            lines.push(format!("message {} {whose} {} {what} {}", m.at, m.channel, m.state.name()));
            ControlFlow::Continue(())
        })?;
        self.for_each_exposure(&Window::ALL, |x| {
            let whose = person(Some(x.identity));
            lines.push(format!("exposure {} {whose} {} {}", x.at, term(x.experiment), term(x.variant)));
            ControlFlow::Continue(())
        })?;
        lines.sort_unstable();
        let mut text = String::new();
        for line in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
        Ok(text)
    }

    fn names(&self) -> Result<HashMap<i64, String>> {
        let mut statement = self.connection().prepare("SELECT id, text FROM term")?;
        let names = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(names)
    }

    fn people(&self) -> Result<HashMap<i64, String>> {
        let mut statement = self.connection().prepare(
            "SELECT i.id, t.text || ':' || i.value FROM identity AS i JOIN term AS t ON t.id = i.namespace",
        )?;
        let people = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(people)
    }
}
