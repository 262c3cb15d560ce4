//! A design as its fields.

use super::{Field, NOTHING, OfMetric, OfVariant, ROLES, Sheet};
use crate::experiment::Design;
use crate::experiment::design::{AnalysisPlan, EngineName, Metrics, Variant};
use crate::experiment::metric::Better;
use crate::stats::Tail;

impl Sheet {
    /// The fields of a design.
    #[must_use]
    pub fn of(design: &Design) -> Self {
        let mut sheet = Self::default();
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        sheet.set(Field::Name, &design.name);
        sheet.set(Field::Hypothesis, &design.hypothesis);
        if let Some(targeting) = &design.targeting {
            sheet.set(Field::Segment, &optional(&targeting.segment));
            sheet.set(Field::Rule, &optional(&targeting.rule));
        }
        sheet.set(Field::HashAttribute, &design.hash_attribute);
        sheet.set(Field::Fallback, &optional(&design.fallback));
        for (at, variant) in design.variants.iter().enumerate() {
            sheet.variant(at, variant);
        }
        sheet.traffic(design);
        sheet.measures(&design.metrics);
        sheet.plan(&design.analysis);
        sheet.set(Field::Start, &design.start.map_or(String::new(), |start| start.to_string()));
        sheet.set(Field::Days, &design.planned_days.to_string());
        sheet.set(Field::People, &design.planned_n.map_or(String::new(), |n| n.to_string()));
        sheet.set(Field::Weeks, &design.minimum_weeks.to_string());
        sheet.set(Field::Risk, &design.criteria.risk.map_or(String::new(), percent));
        sheet.set(Field::Effect, &design.criteria.effect.map_or(String::new(), percent));
        sheet.set(Field::Power, &percent(design.criteria.power));
        sheet
    }

    /// What a new experiment begins with.
    #[must_use]
    pub fn blank(name: &str) -> Self {
        let mut sheet = Self::default();
        sheet.set(Field::Name, name);
        let filled = [
            (Field::HashAttribute, "user_id"),
            (Field::Fallback, "email"),
            (Field::Variant(0, OfVariant::Name), "control"),
            (Field::Variant(1, OfVariant::Name), "treatment"),
            (Field::Coverage, "100"),
            (Field::Metric(0, OfMetric::Name), "conversion"),
            (Field::Metric(0, OfMetric::Role), "primary"),
            (Field::Engine, "sequential"),
            (Field::Alpha, "0.05"),
            (Field::Sided, "two"),
            (Field::Cuped, "no"),
            (Field::Days, "14"),
            (Field::Weeks, "2"),
            (Field::Effect, "20"),
            (Field::Power, "80"),
        ];
        filled.into_iter().for_each(|(field, text)| sheet.set(field, text));
        sheet
    }

    fn variant(&mut self, at: usize, variant: &Variant) {
        self.set(Field::Variant(at, OfVariant::Name), &variant.name);
        self.set(Field::Variant(at, OfVariant::Weight), &variant.weight.map_or(String::new(), percent));
        let gets = if variant.hold_back { NOTHING } else { variant.experience.as_deref().unwrap_or("") };
        self.set(Field::Variant(at, OfVariant::Gets), gets);
    }

    fn traffic(&mut self, design: &Design) {
        self.set(Field::Coverage, &percent(design.coverage));
        if let Some(layer) = &design.layer {
            self.set(Field::Layer, &layer.name);
            self.set(Field::LayerFrom, &percent(layer.from));
            self.set(Field::LayerTo, &percent(layer.to));
        }
        if let Some(holdout) = &design.holdout {
            self.set(Field::Holdout, &holdout.name);
            self.set(Field::HoldoutShare, &percent(holdout.share));
        }
        if let Some(send) = &design.send {
            self.set(Field::Channel, send.channel.name());
        }
    }

    fn measures(&mut self, metrics: &Metrics) {
        let [primary, secondary, guardrail] = ROLES;
        let named = |role: &'static str| move |name: &String| (name.clone(), role, None);
        let guarded = metrics.guardrails.iter().map(|kept| (kept.metric.clone(), guardrail, kept.margin));
        let all = metrics.primary.iter().map(named(primary));
        let all = all.chain(metrics.secondary.iter().map(named(secondary))).chain(guarded);
        for (at, (name, role, margin)) in all.enumerate() {
            let mut set = |part, text: &str| self.set(Field::Metric(at, part), text);
            set(OfMetric::Role, role);
            set(OfMetric::Margin, &margin.map_or(String::new(), percent));
            if let Some(change) = metrics.overrides.get(&name) {
                let span = |span: Option<crate::model::Span>| span.map_or(String::new(), |s| s.to_string());
                set(OfMetric::Window, &span(change.window));
                set(OfMetric::Delay, &span(change.delay));
                set(OfMetric::Better, change.better.map_or("", better));
            }
            set(OfMetric::Name, &name);
        }
    }

    fn plan(&mut self, plan: &AnalysisPlan) {
        let engine = match plan.engine {
            EngineName::Sequential => "sequential",
            EngineName::Fixed => "fixed",
            EngineName::Bayesian => "bayesian",
        };
        let sided = match plan.sided {
            Tail::Two => "two",
            Tail::Greater => "greater",
            Tail::Less => "less",
        };
        self.set(Field::Engine, engine);
        self.set(Field::Alpha, &number(plan.alpha));
        self.set(Field::Sided, sided);
        self.set(Field::Tuning, &plan.tuning.map_or(String::new(), number));
        if let Some(prior) = plan.prior {
            self.set(Field::PriorMean, &percent(prior.mean));
            self.set(Field::PriorSd, &percent(prior.sd));
        }
        self.set(Field::Cuped, if plan.cuped { "yes" } else { "no" });
    }
}

fn better(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    }
}

/// A fraction in per cent without a digit that is only rounding: `0.07` is `7`.
fn percent(fraction: f64) -> String {
    number((fraction * 100.0 * 1e9).round() / 1e9)
}

fn number(x: f64) -> String {
    format!("{x}")
}
