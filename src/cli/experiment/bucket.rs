//! `segue experiment bucket`: where values land.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::cli::{Common, Exit};
use crate::experiment::HashVersion;
use crate::experiment::bucket;
use crate::model::Problem;

/// Answers standard input line by line.
///
/// # Errors
/// What kept it from reading or writing.
pub(super) fn run(common: &Common) -> anyhow::Result<Exit> {
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    buckets(stdin.lock(), std::io::BufWriter::new(stdout.lock()), stderr.lock(), common.json)
}

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with seed, value and version")]
struct Request {
    seed: String,
    value: Text,
    #[serde(default = "current")]
    version: u64,
}

fn current() -> u64 {
    u64::from(HashVersion::default().number())
}

/// An id is text; a number stands for its digits, as in the SDKs.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "value must be text or a number")]
enum Text {
    Text(String),
    Number(serde_json::Number),
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Answer {
    n: Option<f64>,
}

/// Answers every line with one line, so that input and output stay side by side; a line that says nothing is answered with
/// null and named on the second stream.
fn buckets(
    mut input: impl BufRead,
    mut output: impl Write,
    mut narration: impl Write,
    json: bool,
) -> anyhow::Result<Exit> {
    let (mut line, mut number, mut exit) = (Vec::new(), 0, Exit::Done);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let n = match bucket_of(&line) {
            Ok(n) => n,
            Err(problem) => {
                writeln!(narration, "{}", problem.in_file("standard input").at_line(number))?;
                exit = Exit::ProblemsFound;
                None
            }
        };
        if json {
            // A JSON error hides the closed pipe it came from; an I/O error shows it.
            serde_json::to_writer(&mut output, &Answer { n }).map_err(std::io::Error::from)?;
            writeln!(output)?;
        } else {
            writeln!(output, "{}", n.map_or_else(|| "none".to_owned(), |n| n.to_string()))?;
        }
    }
    output.flush()?;
    Ok(exit)
}

fn bucket_of(line: &[u8]) -> Result<Option<f64>, Box<Problem>> {
    let request: Request = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let help = "write {\"seed\":\"my-test\",\"value\":\"17\",\"version\":2}";
        Box::new(Problem::new("bucket-line", message).help(help))
    })?;
    let value = match request.value {
        Text::Text(text) => text,
        Text::Number(number) => number.to_string(),
    };
    Ok(HashVersion::new(request.version).map(|version| bucket::hash(&request.seed, &value, version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(input: &[u8], json: bool) -> (String, String, Exit) {
        let (mut output, mut narration) = (Vec::new(), Vec::new());
        let exit = buckets(input, &mut output, &mut narration, json).unwrap();
        (String::from_utf8(output).unwrap(), String::from_utf8(narration).unwrap(), exit)
    }

    #[test]
    fn a_line_for_each_line() {
        let input = b"{\"seed\":\"seed\",\"value\":\"a\",\"version\":2}\n{\"seed\":\"\",\"value\":123,\"version\":1}\n\
            \n{\"seed\":\"abc\",\"value\":\"def\",\"version\":99}";
        let want = "{\"n\":0.0505}\n{\"n\":0.011}\n{\"n\":null}\n";
        assert_eq!(run(input, true), (want.to_owned(), String::new(), Exit::Done));
        assert_eq!(run(input, false).0, "0.0505\n0.011\nnone\n");
    }

    #[test]
    fn a_closed_pipe_is_seen_as_one() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let input = b"{\"seed\":\"seed\",\"value\":\"a\",\"version\":2}".as_slice();
        for json in [true, false] {
            let error = buckets(input, Closed, Vec::new(), json).unwrap_err();
            assert!(crate::cli::is_closed_pipe(&error), "{error:?}");
        }
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_answered() {
        let cases: [(&[u8], &str); 6] = [
            (b"{", "EOF while parsing an object"),
            (b"17", "invalid type: integer `17`, expected an object with seed, value and version"),
            (b"{\"value\":\"a\",\"version\":2}", "missing field `seed`"),
            (b"{\"seed\":\"s\",\"value\":null,\"version\":2}", "value must be text or a number"),
            (b"{\"seed\":\"s\",\"value\":\"a\",\"version\":-1}", "invalid value: integer `-1`, expected u64"),
            (b"{\"seed\":\"\xff\",\"value\":\"a\"}", "invalid unicode code point"),
        ];
        for (bad, message) in cases {
            let mut input = bad.to_vec();
            input.extend(b"\n{\"seed\":\"seed\",\"value\":\"a\",\"version\":2}\n");
            let (output, narration, exit) = run(&input, true);
            assert_eq!((output.as_str(), exit), ("{\"n\":null}\n{\"n\":0.0505}\n", Exit::ProblemsFound));
            assert_eq!(
                narration.lines().next().unwrap(),
                format!("standard input:1: {message}"),
                "{}",
                String::from_utf8_lossy(bad)
            );
        }
    }
}
