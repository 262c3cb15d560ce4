//! Which key does what: the shipped file, overlaid by a person's own. A fault in a keymap is a problem to be told, never
//! a refusal to start.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;

use super::action::{ACTIONS, Action, ActionSpec, Scope, spec_of};
use crate::model::Problem;

const SHIPPED: &str = include_str!("../../assets/keymap.toml");

/// One key press, without what terminals report differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stroke {
    pub(crate) code: KeyCode,
    pub(crate) ctrl: bool,
    pub(crate) alt: bool,
}

impl Stroke {
    /// The press of a key as crossterm reports it. Shift is already in the character; control letters are lower case.
    pub(crate) fn of(event: KeyEvent) -> Self {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self { code, ctrl, alt: event.modifiers.contains(KeyModifiers::ALT) }
    }

    /// A key without modifiers.
    #[cfg(test)]
    pub(crate) fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// The character it types, if it types one.
    pub(crate) fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

const NAMES: [(&str, &str, KeyCode); 14] = [
    ("space", "space", KeyCode::Char(' ')),
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("backtab", "S-Tab", KeyCode::BackTab),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pageup", "PgUp", KeyCode::PageUp),
    ("pagedown", "PgDn", KeyCode::PageDown),
    ("backspace", "BkSp", KeyCode::Backspace),
];

impl fmt::Display for Stroke {
    /// As a footer shows it: `^P`, `Enter`, `−`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.alt {
            f.write_str("M-")?;
        }
        if let Some((_, shown, _)) = NAMES.iter().find(|(_, _, code)| *code == self.code) {
            return if self.ctrl { write!(f, "C-{shown}") } else { f.write_str(shown) };
        }
        match self.code {
            KeyCode::Char('-') if !self.ctrl => f.write_str("−"),
            KeyCode::Char(c) if self.ctrl => write!(f, "^{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::Delete => f.write_str("Del"),
            _ => f.write_str("?"),
        }
    }
}

impl FromStr for Stroke {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(tail) = rest.strip_prefix("ctrl-").filter(|tail| !tail.is_empty()) {
                (rest, ctrl) = (tail, true);
            } else if let Some(tail) = rest.strip_prefix("alt-").filter(|tail| !tail.is_empty()) {
                (rest, alt) = (tail, true);
            } else {
                break;
            }
        }
        let named = NAMES.iter().find(|(name, _, _)| *name == rest).map(|(_, _, code)| *code);
        let function = rest.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n));
        let mut letters = rest.chars();
        let code = match (named, function, letters.next(), letters.next()) {
            (Some(code), ..) => code,
            (None, Some(n), ..) => KeyCode::F(n),
            _ if rest == "delete" => KeyCode::Delete,
            (None, None, Some(c), None) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            (None, None, Some(c), None) => KeyCode::Char(c),
            _ => return Err(()),
        };
        Ok(Self { code, ctrl, alt })
    }
}

/// The keys of every action.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    keys: BTreeMap<&'static str, Vec<Stroke>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
}

impl Keymap {
    /// The shipped keys, overlaid by those of a person's own file, with what is wrong in either.
    pub(crate) fn load(own: Option<&str>) -> (Self, Vec<Problem>) {
        let mut keymap = Self { keys: BTreeMap::new() };
        let mut problems = keymap.overlay("the shipped keymap", SHIPPED);
        if let Some(own) = own {
            problems.extend(keymap.overlay("your keymap", own));
        }
        problems.extend(keymap.conflicts());
        (keymap, problems)
    }

    fn overlay(&mut self, file: &str, text: &str) -> Vec<Problem> {
        let parsed: File = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let line = error.span().map(|span| text[..span.start].lines().count().max(1) as u64);
                let mut problem = Problem::new("keymap-unreadable", error.message().to_owned())
                    .in_file(file)
                    .help("write [keys] and below it lines such as  pause = [\"space\"]");
                problem.place.line = line;
                return vec![problem];
            }
        };
        let mut problems = Vec::new();
        for (id, names) in parsed.keys {
            let Some(spec) = spec_of(&id) else {
                problems.push(unknown_action(file, &id));
                continue;
            };
            let mut strokes = Vec::new();
            for name in names {
                match name.parse() {
                    Ok(stroke) => strokes.push(stroke),
                    Err(()) => problems.push(
                        Problem::new("keymap-unknown-key", format!("`{name}` is no key"))
                            .in_file(file)
                            .in_column(id.clone())
                            .help("write a letter, or a name such as enter, ctrl-s, f5"),
                    ),
                }
            }
            self.keys.insert(spec.id, strokes);
        }
        problems
    }

    /// One key twice within one scope: the first in the table wins.
    fn conflicts(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, spec) in ACTIONS.iter().enumerate() {
            for earlier in ACTIONS[..index].iter().filter(|earlier| earlier.scope == spec.scope) {
                for stroke in self.of(spec).iter().filter(|stroke| self.of(earlier).contains(stroke)) {
                    problems.push(
                        Problem::new(
                            "keymap-conflict",
                            format!(
                                "{stroke} is bound to `{}` and to `{}`; the first wins",
                                earlier.id, spec.id
                            ),
                        )
                        .help("give one of them another key in your keymap"),
                    );
                }
            }
        }
        problems
    }

    /// The keys of one row of the table.
    pub(crate) fn of(&self, spec: &ActionSpec) -> &[Stroke] {
        self.keys.get(spec.id).map_or(&[], Vec::as_slice)
    }

    /// What the footer shows for a row: its first key.
    pub(crate) fn shown(&self, spec: &ActionSpec) -> String {
        self.of(spec).first().map(ToString::to_string).unwrap_or_default()
    }

    /// What a key does, looked for scope by scope.
    pub(crate) fn resolve(&self, scopes: &[Scope], stroke: Stroke) -> Option<&'static ActionSpec> {
        scopes.iter().find_map(|scope| {
            ACTIONS.iter().find(|spec| spec.scope == *scope && self.of(spec).contains(&stroke))
        })
    }
}

fn unknown_action(file: &str, id: &str) -> Problem {
    let nearest = ACTIONS
        .iter()
        .map(|spec| (strsim::damerau_levenshtein(spec.id, id), spec.id))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let problem = Problem::new("keymap-unknown-action", format!("there is no action `{id}`")).in_file(file);
    match nearest {
        Some((_, nearest)) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem.help("? lists every action"),
    }
}

/// The table of keys for a README, in Markdown.
#[must_use]
pub fn key_table() -> String {
    let (keymap, _) = Keymap::load(None);
    let mut text = String::from("| where | key | does |\n|---|---|---|\n");
    for spec in ACTIONS
        .iter()
        .filter(|spec| !matches!(spec.action, Action::Up | Action::Down) || spec.scope == Scope::Global)
    {
        let keys: Vec<String> = keymap.of(spec).iter().map(|stroke| format!("`{stroke}`")).collect();
        text.push_str(&format!("| {} | {} | {} |\n", spec.scope.title(), keys.join(" "), spec.help));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_keymap_is_sound_and_complete() {
        let (keymap, problems) = Keymap::load(None);
        assert_eq!(problems, []);
        for spec in ACTIONS {
            assert!(!keymap.of(spec).is_empty(), "{} has no key", spec.id);
        }
    }

    #[test]
    fn a_file_of_ones_own_changes_only_what_it_names() {
        let (keymap, problems) = Keymap::load(Some("[keys]\nquit = [\"ctrl-q\"]\n"));
        assert_eq!(problems, []);
        let stroke = |text: &str| text.parse::<Stroke>().unwrap();
        assert!(keymap.resolve(&[Scope::Global], stroke("q")).is_none());
        assert_eq!(keymap.resolve(&[Scope::Global], stroke("ctrl-q")).unwrap().id, "quit");
        assert_eq!(keymap.resolve(&[Scope::Global], stroke("k")).unwrap().id, "up");
    }

    #[test]
    fn faults_are_told_with_file_place_and_help() {
        let (_, problems) =
            Keymap::load(Some("[keys]\npuase = [\"p\"]\nzoom = [\"shift-f99\"]\nmask = [\"q\"]\n"));
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "your keymap: there is no action `puase`\n  help: did you mean `pause`?",
                "your keymap, column zoom: `shift-f99` is no key\n  help: write a letter, or a name such as enter, ctrl-s, f5",
                "q is bound to `mask` and to `quit`; the first wins\n  help: give one of them another key in your keymap",
            ]
        );
        let (keymap, problems) = Keymap::load(Some("[keys]\nquit = 3"));
        assert_eq!(problems[0].place.line, Some(2));
        assert!(keymap.resolve(&[Scope::Global], Stroke::plain(KeyCode::Char('q'))).is_some());
    }

    #[test]
    fn narrower_scopes_win() {
        let (keymap, _) = Keymap::load(None);
        let n = Stroke::plain(KeyCode::Char('n'));
        assert_eq!(
            keymap.resolve(&[Scope::Room(crate::tui::Room::Segments), Scope::Global], n).unwrap().id,
            "new-segment"
        );
        assert_eq!(
            keymap.resolve(&[Scope::Room(crate::tui::Room::Jobs), Scope::Global], n).map(|spec| spec.id),
            None
        );
    }

    #[test]
    fn the_key_table_names_every_screen() {
        let table = key_table();
        for room in crate::tui::Room::ALL {
            assert!(table.contains(&format!("| `{}` |", room.number())), "{room:?}");
        }
        assert!(table.contains("| `^P` `:` |"));
    }
}
