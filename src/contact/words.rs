//! What a limit of the policy says, in a few words.

use super::policy::{Cap, WindowKind};
use crate::model::Channel;

/// A cap as a table names it: `email: 4 in 7d`, `email, offer: 2 in 3d`, `every channel: 1 in 1d of the calendar`.
#[must_use]
pub fn cap(cap: &Cap) -> String {
    let channels: Vec<&str> = cap.channels.iter().copied().map(Channel::name).collect();
    let channels = if channels.is_empty() { "every channel".to_owned() } else { channels.join(" + ") };
    let mut about = vec![channels];
    about.extend((!cap.categories.is_empty()).then(|| cap.categories.join(" or ")));
    about.extend((!cap.journeys.is_empty()).then(|| cap.journeys.join(" or ")));
    let calendar = if cap.kind == WindowKind::Calendar { " of the calendar" } else { "" };
    let some = if cap.only_if.is_some() { ", for some people" } else { "" };
    format!("{}: {} in {}{calendar}{some}", about.join(", "), cap.limit, cap.window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Policy;

    #[test]
    fn a_cap_says_what_it_counts_and_how_far_back() {
        let text = "name = \"t\"\n[[cap]]\nchannels = [\"email\"]\ncategories = [\"offer\"]\nlimit = 2\nwindow = \"3d\"\n\
                    [[cap]]\nlimit = 1\nwindow = \"1d\"\nkind = \"calendar\"\nonly_if = 'country = \"DE\"'\n";
        let policy = Policy::parse(text).unwrap();
        let said: Vec<String> = policy.caps.iter().map(cap).collect();
        assert_eq!(
            said,
            ["email, offer: 2 in 3d", "every channel: 1 in 1d of the calendar, for some people"]
        );
    }
}
