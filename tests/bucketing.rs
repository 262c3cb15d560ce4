//! GrowthBook's public conformance cases and further ones on which two of its SDKs agree.

#![expect(clippy::unwrap_used, reason = "a malformed golden file should stop the test where it is read")]

use std::ops::Range;

use segue::experiment::bucket::{self, HashVersion};
use serde_json::Value;

const PUBLIC: &str = include_str!("golden/growthbook/cases.json");
const GENERATED: &str = include_str!("golden/growthbook/generated_cases.json");

/// A case: its arguments as the SDKs take them and the expected answer.
struct Case {
    args: Vec<Value>,
    expected: Value,
}

/// The cases of a section in both files; `named` says that public cases start with a name.
fn cases(section: &str, named: bool) -> Vec<Case> {
    let public: Value = serde_json::from_str(PUBLIC).unwrap();
    let generated: Value = serde_json::from_str(GENERATED).unwrap();
    let public = public[section].as_array().unwrap().iter().map(|case| {
        let mut args = case.as_array().unwrap().clone();
        let expected = args.pop().unwrap();
        Case { args: args.split_off(usize::from(named)), expected }
    });
    let generated =
        generated["cases"].as_array().unwrap().iter().filter(|case| case["section"] == section).map(|case| {
            Case { args: case["args"].as_array().unwrap().clone(), expected: case["expected"].clone() }
        });
    let all: Vec<Case> = public.chain(generated).collect();
    assert!(all.len() > 9, "{section} has only {} cases", all.len());
    all
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn range(value: &Value) -> Range<f64> {
    let ends = numbers(value);
    ends[0]..ends[1]
}

#[test]
fn hashes() {
    for Case { args, expected } in cases("hash", false) {
        let (seed, value) = (args[0].as_str().unwrap(), args[1].as_str().unwrap());
        let got =
            HashVersion::new(args[2].as_u64().unwrap()).map(|version| bucket::hash(seed, value, version));
        assert_eq!(got, expected.as_f64(), "{args:?}");
    }
}

#[test]
fn bucket_ranges() {
    for Case { args, expected } in cases("getBucketRange", true) {
        let input = args[0].as_array().unwrap();
        let weights = input[2].is_array().then(|| numbers(&input[2]));
        let count = input[0].as_u64().unwrap() as usize;
        let got: Vec<_> = bucket::ranges(count, input[1].as_f64().unwrap(), weights.as_deref()).collect();
        let want: Vec<_> = expected.as_array().unwrap().iter().map(range).collect();
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(&want) {
            assert!(
                (got.start - want.start).abs() < 1e-12 && (got.end - want.end).abs() < 1e-12,
                "{input:?}"
            );
        }
    }
}

#[test]
fn chosen_variations() {
    for Case { args, expected } in cases("chooseVariation", true) {
        // Generated cases carry no name in front.
        let [bucket, ranges] = args.as_slice() else { panic!("two arguments: {args:?}") };
        let ranges: Vec<_> = ranges.as_array().unwrap().iter().map(range).collect();
        let got = bucket::choose(bucket.as_f64().unwrap(), ranges.into_iter());
        assert_eq!(got, usize::try_from(expected.as_i64().unwrap()).ok(), "{args:?}");
    }
}

#[test]
fn namespaces() {
    for Case { args, expected } in cases("inNamespace", true) {
        let namespace = args[1].as_array().unwrap();
        let part = namespace[1].as_f64().unwrap()..namespace[2].as_f64().unwrap();
        let got = bucket::in_namespace(args[0].as_str().unwrap(), namespace[0].as_str().unwrap(), &part);
        assert_eq!(Some(got), expected.as_bool(), "{args:?}");
    }
}

#[test]
fn equal_weights() {
    for Case { args, expected } in cases("getEqualWeights", false) {
        let count = usize::try_from(args[0].as_i64().unwrap()).unwrap_or(0);
        let (got, want) = (bucket::equal_weights(count), numbers(&expected));
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-8), "{args:?}");
    }
}
