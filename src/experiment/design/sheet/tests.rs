use super::*;
use crate::experiment::Design;

const TEXT: &str = r#"# Bundles for the faithful.
name = "bundle mail"
hypothesis = "People come back."
planned_days = 14 # two whole weeks
minimum_weeks = 2

[targeting]
segment = "VIP"

[[variants]]
name = "nothing"
hold_back = true

[[variants]]
name = "bundle mail"

[metrics]
primary = ["conversion"]

[[metrics.guardrails]]
metric = "unsubscribe"
margin = 0.25

[metrics.overrides.conversion]
window = "7d"
winsorise_share = 0.99

[criteria]
effect = 0.3
power = 0.8
"#;

fn sheet() -> Sheet {
    Sheet::of(&toml::from_str(TEXT).unwrap())
}

fn written(sheet: &Sheet, onto: &str) -> String {
    let (text, faults) = sheet.write(onto).unwrap();
    assert_eq!(faults, []);
    text
}

#[test]
fn a_sheet_that_changes_nothing_leaves_every_byte() {
    assert_eq!(written(&sheet(), TEXT), TEXT);
}

#[test]
fn what_is_believed_is_written_as_a_pair_and_taken_out_again() {
    let mut sheet = sheet();
    sheet.set(Field::Engine, "bayesian");
    sheet.set(Field::PriorMean, "-2");
    let (_, faults) = sheet.write(TEXT).unwrap();
    assert_eq!(faults.iter().map(|fault| fault.field).collect::<Vec<_>>(), [Field::PriorSd]);
    sheet.set(Field::PriorSd, "30");
    sheet.set(Field::Risk, "0.1");
    let text = written(&sheet, TEXT);
    let design = Design::read(&text).unwrap();
    let prior = design.analysis.prior.unwrap();
    assert_eq!((prior.mean, prior.sd, design.criteria.risk), (-0.02, 0.3, Some(0.001)), "{text}");
    assert_eq!(Sheet::of(&design), sheet);
    sheet.set(Field::PriorMean, "");
    sheet.set(Field::PriorSd, "");
    let flat = Design::read(&written(&sheet, &text)).unwrap();
    assert_eq!(flat.analysis.prior, None);
}

#[test]
fn a_changed_field_keeps_what_stands_around_it() {
    let mut sheet = sheet();
    sheet.set(Field::Days, "21");
    sheet.set(Field::Metric(1, OfMetric::Margin), "10");
    let text = written(&sheet, TEXT);
    let expected = TEXT.replace("planned_days = 14 #", "planned_days = 21 #").replace("0.25", "0.1");
    assert_eq!(text, expected);
}

#[test]
fn rows_come_and_go_with_their_names() {
    let mut sheet = sheet();
    sheet.set(Field::Variant(2, OfVariant::Name), "10 % off");
    sheet.set(Field::Metric(2, OfMetric::Name), "revenue per person");
    sheet.set(Field::Metric(2, OfMetric::Role), "secondary");
    sheet.set(Field::Metric(1, OfMetric::Name), "");
    let design = Design::read(&written(&sheet, TEXT)).unwrap();
    assert_eq!(design.variants.len(), 3);
    assert_eq!(design.metrics.secondary, ["revenue per person"]);
    assert_eq!(design.metrics.guardrails, []);
    assert!(design.metrics.overrides["conversion"].winsorise_share.is_some());
    assert!(design.variants[0].hold_back);
    sheet.set(Field::Variant(1, OfVariant::Name), "");
    let design = Design::read(&written(&sheet, TEXT)).unwrap();
    let names: Vec<&str> = design.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["nothing", "10 % off"]);
}

#[test]
fn everything_can_be_filled_in_from_nothing() {
    let mut sheet = Sheet::blank("new one");
    let filled = [
        (Field::Hypothesis, "It \"works\"\\"),
        (Field::Rule, "country = \"DE\""),
        (Field::Layer, "cart"),
        (Field::LayerFrom, "0"),
        (Field::LayerTo, "40"),
        (Field::Holdout, "global"),
        (Field::HoldoutShare, "5"),
        (Field::Channel, "email"),
        (Field::Variant(0, OfVariant::Weight), "33,3"),
        (Field::Variant(1, OfVariant::Weight), "66.7 %"),
        (Field::Metric(0, OfMetric::Window), "7d"),
        (Field::Metric(0, OfMetric::Better), "lower"),
        (Field::Metric(1, OfMetric::Name), "unsubscribe"),
        (Field::Metric(1, OfMetric::Role), "guardrail"),
        (Field::Metric(1, OfMetric::Margin), "20"),
        (Field::Start, "2026-05-01"),
        (Field::People, "4000"),
        (Field::Cuped, "yes"),
    ];
    filled.into_iter().for_each(|(field, text)| sheet.set(field, text));
    let text = written(&sheet, "");
    let design = Design::read(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!((design.hypothesis.as_str(), design.planned_n), ("It \"works\"\\", Some(4_000)));
    assert_eq!(design.layer.as_ref().map(|layer| layer.to), Some(0.4));
    let again = Sheet::of(&design);
    for (field, said) in &sheet.cells {
        let tidy = said.replace(',', ".").replace(" %", "").replace("2026-05-01", again.get(Field::Start));
        assert_eq!(again.get(*field), tidy, "{field:?}");
    }
    assert_eq!(written(&again, &text), text);
}

#[test]
fn what_is_no_number_is_told_at_its_field_and_the_rest_is_written() {
    let mut sheet = sheet();
    sheet.set(Field::Alpha, "often");
    sheet.set(Field::Days, "-3");
    sheet.set(Field::Metric(0, OfMetric::Window), "a while");
    sheet.set(Field::Metric(0, OfMetric::Role), "boss");
    sheet.set(Field::Hypothesis, "other");
    let (text, faults) = sheet.write(TEXT).unwrap();
    let fields: Vec<Field> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(
        fields,
        [Field::Alpha, Field::Days, Field::Metric(0, OfMetric::Window), Field::Metric(0, OfMetric::Role)]
    );
    assert!(text.contains("hypothesis = \"other\""));
    assert!(sheet.write("[broken").is_err());
}

#[test]
fn one_line_tables_stay_in_their_line() {
    let text = "name = \"x\"\nvariants = [{ name = \"a\" }, { name = \"b\" }]\nnamespace = { name = \"l\", from = 0.0, to = 0.5 }\nmetrics = { primary = [\"orders\"], guardrails = [{ metric = \"u\", margin = 0.1 }] }\n";
    let mut sheet = Sheet::of(&toml::from_str(text).unwrap());
    assert_eq!(written(&sheet, text), text);
    sheet.set(Field::LayerTo, "60");
    sheet.set(Field::Metric(1, OfMetric::Margin), "20");
    sheet.set(Field::Metric(0, OfMetric::Delay), "1h");
    sheet.set(Field::Variant(1, OfVariant::Gets), "bundle");
    let written = written(&sheet, text);
    let design = Design::read(&written).unwrap_or_else(|problems| panic!("{problems:?}\n{written}"));
    assert_eq!(design.metrics.guardrails[0].margin, Some(0.2));
    assert_eq!(design.variants[1].experience.as_deref(), Some("bundle"));
    assert!(written.contains("namespace = {") && written.contains("metrics = {"), "{written}");
}

#[test]
fn problems_are_told_at_their_field() {
    let told = |change: &dyn Fn(&mut Sheet)| {
        let mut sheet = sheet();
        change(&mut sheet);
        let text = written(&sheet, TEXT);
        let problems = Design::read(&text).expect_err(&text);
        place(&problems[0], &sheet)
    };
    let set = |field: Field, text: &'static str| move |sheet: &mut Sheet| sheet.set(field, text);
    assert_eq!(told(&set(Field::Name, "")), Some(Field::Name));
    assert_eq!(told(&set(Field::Coverage, "140")), Some(Field::Coverage));
    assert_eq!(told(&set(Field::Alpha, "0.7")), Some(Field::Alpha));
    assert_eq!(told(&set(Field::Engine, "oracle")), Some(Field::Engine));
    assert_eq!(told(&set(Field::Start, "soon")), Some(Field::Start));
    assert_eq!(told(&set(Field::Channel, "pigeon")), Some(Field::Channel));
    assert_eq!(told(&set(Field::Layer, "x")), Some(Field::LayerFrom));
    assert_eq!(told(&set(Field::Holdout, "x")), Some(Field::HoldoutShare));
    assert_eq!(told(&set(Field::Rule, "x")), Some(Field::Segment));
    let weight = Field::Variant(0, OfVariant::Weight);
    assert_eq!(told(&set(weight, "50")), Some(Field::Variant(1, OfVariant::Weight)));
    let second = Field::Variant(1, OfVariant::Name);
    assert_eq!(told(&set(second, "nothing")), Some(second));
    assert_eq!(told(&set(second, "")), Some(second));
    let margin = Field::Metric(1, OfMetric::Margin);
    assert_eq!(told(&set(margin, "-5")), Some(margin));
    assert_eq!(told(&set(Field::Metric(0, OfMetric::Name), "")), Some(Field::Metric(0, OfMetric::Name)));
}
