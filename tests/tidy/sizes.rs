//! How large a file and a function may be.

use std::collections::BTreeMap;

use crate::house;
use crate::lex::{Piece, Token};

const LINES_OF_A_FILE: usize = 600;
const LINES_OF_A_FUNCTION: usize = 70;

/// What may be larger, up to so many lines, and why.
const LARGE: &[(&str, usize, &str)] =
    &[("exchange/plan.rs::of", 80, "one field of the plan after the other")];

#[test]
fn files_and_functions_stay_small() {
    let mut large = BTreeMap::new();
    for file in house::read().files {
        let lines = file.text.lines().count();
        if lines > LINES_OF_A_FILE {
            large.insert(file.name.clone(), lines);
        }
        for (function, lines) in functions(&file.product()) {
            if lines > LINES_OF_A_FUNCTION {
                large.insert(format!("{}::{function}", file.name), lines);
            }
        }
    }
    for &(name, limit, reason) in LARGE {
        let lines =
            large.remove(name).unwrap_or_else(|| panic!("{name} is small now: take it off the table"));
        assert!(lines <= limit, "{name} has {lines} lines; it may have {limit}, because {reason}");
    }
    assert!(large.is_empty(), "too large: {large:#?}");
}

/// Each function with a body, and its lines.
fn functions(tokens: &[Token]) -> Vec<(String, usize)> {
    let starts = tokens.windows(2).enumerate().filter(|(_, two)| two[0].word() == Some("fn"));
    starts
        .filter_map(|(at, two)| {
            let name = two[1].word()?.to_owned();
            let end = end_of_body(&tokens[at..])?;
            Some((name, end - two[0].line + 1))
        })
        .collect()
}

fn end_of_body(tokens: &[Token]) -> Option<usize> {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for token in tokens {
        match token.piece {
            Piece::Sign('(' | '[') => round += 1,
            Piece::Sign(')' | ']') => round -= 1,
            Piece::Sign(';') if round == 0 && curly == 0 => return None,
            Piece::Sign('{') => curly += 1,
            Piece::Sign('}') => {
                curly -= 1;
                if curly == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn a_function_is_measured_from_its_name_to_its_brace() {
    let code = "fn a(x: [u8; 2]) -> u8 {\n if x { 1 } else { 2 }\n}\ntrait T { fn b();\n fn c() {} }";
    let expected = [("a".to_owned(), 3), ("c".to_owned(), 1)];
    assert_eq!(functions(&crate::lex::lex(code)), expected);
}
