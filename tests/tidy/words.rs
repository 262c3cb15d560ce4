//! What the text of the project never says, and what lies at its top.

use crate::house;

/// Promises to do something later; these belong into the tracker.
const LATER: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Places of one machine.
const MACHINE: [&str; 4] = ["/work/", "/home/", "/tmp/", "../shared"];

#[test]
fn the_product_holds_no_promises_and_no_place_of_one_machine() {
    let mut found = Vec::new();
    for folder in ["src", "assets", "benches", "sample-data"] {
        let base = house::root();
        for path in house::files_below(&base.join(folder)) {
            // A picture says nothing in words.
            let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
            for (line, said) in text.lines().enumerate() {
                let in_src = folder == "src";
                let later = LATER.iter().any(|word| said.contains(word));
                let machine = in_src && MACHINE.iter().any(|place| said.contains(place));
                if later || machine {
                    found.push(format!("{}:{}: {said}", house::name(&base, &path), line + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_top_holds_what_the_design_lists() {
    let listed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "src",
        "assets",
        "tests",
        "sample-data",
        "benches",
        "target",
    ];
    for entry in std::fs::read_dir(house::root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || listed.contains(&name.as_str()), "{name} lies at the top");
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(house::root().join(licence).exists(), "{licence} is missing");
    }
}
