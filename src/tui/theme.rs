//! What things mean and how meanings look. Screens name a role, never a colour; colour is never the only carrier.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Ordinary text.
    Text,
    /// Less important text: labels, units, explanations.
    Muted,
    /// The one loud thing of a panel.
    Loud,
    /// A panel's name.
    Title,
    /// What is focused or active.
    Focus,
    /// A quiet border or axis.
    Border,
    /// Better than before, or a goal reached.
    Up,
    /// Worse than before, or someone lost.
    Down,
    /// Held back, waiting, not known yet.
    Held,
    /// Simulated, not observed.
    Simulated,
    /// To be looked at.
    Warning,
    /// Broken.
    Error,
    /// A bar or a curve.
    Ink,
    /// What a simulated world knows to be true.
    Truth,
    /// The selected line.
    Selected,
    /// A key that can be pressed.
    Key,
}

#[cfg(test)]
impl Role {
    /// Every role.
    pub(crate) const ALL: [Self; 16] = [
        Self::Text,
        Self::Muted,
        Self::Loud,
        Self::Title,
        Self::Focus,
        Self::Border,
        Self::Up,
        Self::Down,
        Self::Held,
        Self::Simulated,
        Self::Warning,
        Self::Error,
        Self::Ink,
        Self::Truth,
        Self::Selected,
        Self::Key,
    ];
}

/// The themes that ship.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// For dark terminals; the terminal's own sixteen colours.
    #[default]
    Dark,
    /// For light terminals and projectors.
    Light,
    /// Blue and orange instead of green and red (after Okabe and Ito).
    ColourSafe,
    /// No colour at all: weight, dimming and reverse video only.
    Mono,
}

impl ThemeName {
    /// Every theme, in the order a key walks through them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::ColourSafe, Self::Mono];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::ColourSafe => "colour-safe",
            Self::Mono => "mono",
        }
    }

    /// The theme after this one.
    #[must_use]
    pub fn next(self) -> Self {
        let place = Self::ALL.iter().position(|name| *name == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }
}

/// The text names no theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTheme(pub String);

impl std::fmt::Display for UnknownTheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no theme; there are dark, light, colour-safe and mono", self.0)
    }
}

impl std::error::Error for UnknownTheme {}

impl FromStr for ThemeName {
    type Err = UnknownTheme;

    fn from_str(text: &str) -> Result<Self, UnknownTheme> {
        let wanted = text.trim().to_ascii_lowercase().replace("color", "colour");
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == wanted)
            .ok_or_else(|| UnknownTheme(text.to_owned()))
    }
}

/// A theme in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    name: ThemeName,
    colourless: bool,
}

impl Theme {
    /// A theme by its name.
    pub(crate) fn new(name: ThemeName) -> Self {
        Self { name, colourless: false }
    }

    /// The theme a terminal can show. `NO_COLOR` (present and not empty) and a dumb terminal get the colourless one
    /// for good: under `NO_COLOR` crossterm writes an empty colour, which resets reverse video and hides the selection.
    pub(crate) fn for_terminal(wanted: ThemeName, no_color: Option<&str>, term: Option<&str>) -> Self {
        let colourless = no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb");
        Self { name: if colourless { ThemeName::Mono } else { wanted }, colourless }
    }

    /// Its name.
    #[cfg(test)]
    pub(crate) fn name(self) -> ThemeName {
        self.name
    }

    /// The next theme; a colourless terminal has no other.
    pub(crate) fn next(self) -> Self {
        if self.colourless { self } else { Self { name: self.name.next(), ..self } }
    }

    /// How a role looks.
    pub(crate) fn style(self, role: Role) -> Style {
        let style = match self.name {
            ThemeName::Dark => coloured(role, &DARK),
            ThemeName::Light => coloured(role, &LIGHT),
            ThemeName::ColourSafe => coloured(role, &COLOUR_SAFE),
            ThemeName::Mono => Style::new(),
        };
        style.add_modifier(weight(role, self.name == ThemeName::Mono))
    }
}

struct Palette {
    muted: Color,
    title: Color,
    focus: Color,
    border: Color,
    up: Color,
    down: Color,
    held: Color,
    simulated: Color,
    warning: Color,
    error: Color,
    ink: Color,
    truth: Color,
    key: Color,
}

const DARK: Palette = Palette {
    muted: Color::Indexed(246),
    title: Color::Reset,
    focus: Color::LightCyan,
    border: Color::Indexed(240),
    up: Color::LightGreen,
    down: Color::LightRed,
    held: Color::LightYellow,
    simulated: Color::LightMagenta,
    warning: Color::LightYellow,
    error: Color::LightRed,
    ink: Color::Cyan,
    truth: Color::LightMagenta,
    key: Color::LightCyan,
};

const LIGHT: Palette = Palette {
    muted: Color::Indexed(241),
    title: Color::Reset,
    focus: Color::Indexed(25),
    border: Color::Indexed(250),
    up: Color::Indexed(28),
    down: Color::Indexed(124),
    held: Color::Indexed(130),
    simulated: Color::Indexed(90),
    warning: Color::Indexed(130),
    error: Color::Indexed(124),
    ink: Color::Indexed(31),
    truth: Color::Indexed(90),
    key: Color::Indexed(25),
};

const COLOUR_SAFE: Palette = Palette {
    muted: Color::Indexed(246),
    title: Color::Reset,
    focus: Color::Indexed(117),
    border: Color::Indexed(240),
    up: Color::Indexed(74),
    down: Color::Indexed(208),
    held: Color::Indexed(221),
    simulated: Color::Indexed(175),
    warning: Color::Indexed(221),
    error: Color::Indexed(208),
    ink: Color::Indexed(74),
    truth: Color::Indexed(175),
    key: Color::Indexed(117),
};

fn coloured(role: Role, palette: &Palette) -> Style {
    match role {
        Role::Text | Role::Loud => Style::new(),
        Role::Selected => Style::new(),
        Role::Muted => Style::new().fg(palette.muted),
        Role::Title => Style::new().fg(palette.title),
        Role::Focus => Style::new().fg(palette.focus),
        Role::Border => Style::new().fg(palette.border),
        Role::Up => Style::new().fg(palette.up),
        Role::Down => Style::new().fg(palette.down),
        Role::Held => Style::new().fg(palette.held),
        Role::Simulated => Style::new().fg(palette.simulated),
        Role::Warning => Style::new().fg(palette.warning),
        Role::Error => Style::new().fg(palette.error),
        Role::Ink => Style::new().fg(palette.ink),
        Role::Truth => Style::new().fg(palette.truth),
        Role::Key => Style::new().fg(palette.key),
    }
}

fn weight(role: Role, mono: bool) -> Modifier {
    match role {
        Role::Loud | Role::Title | Role::Focus | Role::Error => Modifier::BOLD,
        Role::Selected => Modifier::REVERSED,
        Role::Muted | Role::Border if mono => Modifier::DIM,
        Role::Up | Role::Down | Role::Warning | Role::Key if mono => Modifier::BOLD,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_dumb_terminals_get_a_theme_without_any_colour_for_good() {
        for (no_color, term) in [(Some("1"), None), (None, Some("dumb"))] {
            let theme = Theme::for_terminal(ThemeName::Dark, no_color, term).next().next();
            for role in Role::ALL {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
            }
        }
        assert_eq!(Theme::for_terminal(ThemeName::Light, Some(""), None).name(), ThemeName::Light);
    }

    #[test]
    fn themes_are_found_by_name_in_either_spelling() {
        assert_eq!("Color-Safe".parse(), Ok(ThemeName::ColourSafe));
        assert_eq!("mono".parse(), Ok(ThemeName::Mono));
        assert!("neon".parse::<ThemeName>().is_err());
        assert_eq!(ThemeName::Mono.next(), ThemeName::Dark);
    }
}
