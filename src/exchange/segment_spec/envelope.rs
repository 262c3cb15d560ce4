//! A line: one message, a batch of them, or a line rejected before that comes back corrected.

use serde_json::Value;

use super::bad::Bad;
use super::lines::LineText;
use super::{Messages, Object};
use crate::exchange::fault::{Fault, quoted};
use crate::exchange::outlet::{Outlet, Stopped};
use crate::exchange::rejects::{ORIGINAL, Rejects};

impl Messages {
    /// Takes the messages of a line, or rejects it.
    pub(super) fn line(
        &mut self,
        line: LineText<'_>,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        let (number, bytes) = match line {
            LineText::Whole(number, bytes) => (number, bytes),
            LineText::TooLong(number) => {
                let fault = Fault::new(
                    "row-too-long",
                    "the line is longer than a megabyte",
                    "check for a missing line break; split large batches",
                );
                return self.rejected("", number, Bad::of(fault), out, rejects);
            }
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            let fault =
                Fault::new("text-not-utf8", "the line is not UTF-8", "JSON is UTF-8; convert the file");
            let lossy = String::from_utf8_lossy(bytes);
            return self.rejected(&lossy, number, Bad::of(fault), out, rejects);
        };
        match parse(text) {
            Err(fault) => self.rejected(text, number, Bad::of(fault), out, rejects),
            Ok(object) => self.object(object, text, number, out, rejects),
        }
    }

    fn object(
        &mut self,
        object: Object,
        text: &str,
        line: u64,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        if let Some(Value::String(original)) = object.get(ORIGINAL) {
            return match parse(original) {
                Err(fault) => self.rejected(original, line, Bad::of(fault), out, rejects),
                Ok(inner) if inner.contains_key(ORIGINAL) => {
                    let fault = Fault::new(
                        "message-nested",
                        "a rejected line lies within a rejected line",
                        "keep the innermost segue_original only",
                    );
                    self.rejected(original, line, Bad::of(fault), out, rejects)
                }
                Ok(inner) => self.object(inner, original, line, out, rejects),
            };
        }
        match object.get("batch") {
            Some(Value::Array(messages)) => {
                for message in messages {
                    let message = with_defaults(message, &object);
                    match &message {
                        Value::Object(fields) => {
                            self.take(fields, &message.to_string(), line, out, rejects)?
                        }
                        other => {
                            let fault = Fault::new(
                                "message-not-object",
                                format!("{} in a batch is no message", quoted(&other.to_string())),
                                "write an object with a type",
                            );
                            self.rejected(&other.to_string(), line, Bad::of(fault), out, rejects)?;
                        }
                    }
                }
                Ok(())
            }
            Some(_) => {
                let fault =
                    Fault::new("message-batch", "batch is no list of messages", "write {\"batch\": [ … ]}");
                self.rejected(text, line, Bad::of(fault), out, rejects)
            }
            None => self.take(&object, text, line, out, rejects),
        }
    }

    fn take(
        &mut self,
        message: &Object,
        text: &str,
        line: u64,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        let start = out.chunk.text.len();
        match self.message(message, &mut out.chunk) {
            Ok(()) => {
                self.tally.rows += 1;
                self.tally.facts += 1;
                self.row_done(out)
            }
            Err(bad) => {
                out.chunk.text.truncate(start);
                self.rejected(text, line, bad, out, rejects)
            }
        }
    }

    fn rejected(
        &mut self,
        text: &str,
        line: u64,
        bad: Bad,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        self.tally.rows += 1;
        self.tally.rejected += 1;
        let problem = bad.fault.problem(&[], line);
        let problem = match bad.field {
            Some(field) => problem.in_column(field),
            None => problem,
        };
        rejects.reject(std::iter::once(text), problem);
        self.row_done(out)
    }

    fn row_done(&mut self, out: &mut Outlet<'_>) -> Result<(), Stopped> {
        if out.row_done()? {
            self.names.chunk_ended();
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Object, Fault> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Fault::new(
            "message-not-object",
            format!("{} is no message", quoted(text)),
            "write one object per line",
        )),
        Err(error) => Err(Fault::new(
            "json-invalid",
            format!("not valid JSON at position {}: {}", error.column(), reason(&error)),
            "correct the line; one whole object per line",
        )),
    }
}

/// The parser's words without its own position, which counts lines of one line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// A message of a batch with what the envelope says for all of them.
fn with_defaults(message: &Value, envelope: &Object) -> Value {
    let Value::Object(fields) = message else { return message.clone() };
    let mut fields = fields.clone();
    for key in ["context", "sentAt", "receivedAt", "integrations"] {
        if let (false, Some(value)) = (fields.contains_key(key), envelope.get(key)) {
            fields.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(fields)
}
