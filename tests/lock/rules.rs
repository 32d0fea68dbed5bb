//! Each rule on its pairs, and each verdict against the second judge.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use triwire::lock::{Change, Direction, RULES, Rule, Ruling, Verdict, compare};

use super::judge::{Judged, Side, judge};
use super::pairs::{Expected, Pair, all};

/// The values of each judgement: the ends of each range are among them for sure.
const VALUES: usize = 150;

/// Who writes and who reads: an event is judged in its item, whose channel the channels' rules are about.
const GROUPS: [&[Direction]; 4] =
    [&[Direction::Event, Direction::Channel], &[Direction::Command], &[Direction::Reply], &[Direction::State]];

fn rule(change: &Change) -> &'static Rule {
    RULES.iter().find(|rule| rule.name == change.rule).expect("a change names its rule")
}

#[test]
fn each_pair_is_told_by_its_rule() {
    let mut faults = Vec::new();
    for Pair { name, old, new, expected } in all() {
        let changes = compare(&old, &new);
        let told = |rule: &str, direction: Direction| -> Vec<Verdict> {
            changes.iter().filter(|change| change.rule == rule && change.direction == direction).map(|change| change.verdict).collect()
        };
        match expected {
            Expected::Nothing if changes.is_empty() => {}
            Expected::Nothing => faults.push(format!("{name}: {changes:#?}")),
            Expected::Each(rule, verdict, count) => {
                let verdicts: Vec<Verdict> = changes.iter().filter(|change| change.rule == rule).map(|change| change.verdict).collect();
                if verdicts != vec![verdict; count] {
                    faults.push(format!("{name}: not {count} times `{rule}`, {verdict}: {changes:#?}"));
                }
            }
            Expected::Type(rule, server, clients) => {
                let by_server = [Direction::Event, Direction::Reply, Direction::State].map(|direction| (direction, server));
                for (direction, verdict) in by_server.into_iter().chain([(Direction::Command, clients)]) {
                    let mut verdicts = told(rule, direction);
                    verdicts.dedup();
                    if verdicts != verdict.into_iter().collect::<Vec<_>>() {
                        faults.push(format!("{name}: not `{rule}` of the {direction}, {verdict:?}: {changes:#?}"));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_rule_is_without_a_pair() {
    let changes = all().into_iter().flat_map(|pair| compare(&pair.old, &pair.new));
    let told: BTreeSet<(&str, bool)> = changes.map(|change| (change.rule, change.direction.is_written_by_clients())).collect();
    let is_told = |rule: &Rule| match rule.server == rule.clients {
        true => [false, true].iter().any(|who| told.contains(&(rule.name, *who))),
        false => [false, true].iter().all(|who| told.contains(&(rule.name, *who))),
    };
    let missing: Vec<&str> = RULES.iter().filter(|rule| !is_told(rule)).map(|rule| rule.name).collect();
    // There is one protocol so far: no two contracts differ in it.
    assert_eq!(missing, ["protocol changed"]);
    assert!(all().len() >= 60, "{}", all().len());
}

#[test]
fn another_protocol_is_told() {
    let contract = |protocol: u32| json!({ "x-triwire": { "protocol": protocol } });
    let changes = compare(&contract(1), &contract(2));
    assert_eq!(changes.iter().map(|change| (change.rule, change.verdict)).collect::<Vec<_>>(), [("protocol changed", Verdict::Breaking)]);
}

#[test]
fn each_verdict_agrees_with_what_the_other_side_reads_of_sampled_values() {
    let (mut judgements, mut values, mut faults) = (0, 0, Vec::new());
    for Pair { name, old, new, .. } in all() {
        let changes = compare(&old, &new);
        for (group, judged) in GROUPS.iter().zip(judgements_of(&old, &new)) {
            let by_rules: Vec<&Change> = changes.iter().filter(|change| group.contains(&change.direction)).collect();
            // What a thing means no schema says: such a rule is not judged here, and nothing is refused by it.
            let is_breaking = by_rules.iter().any(|change| change.verdict == Verdict::Breaking && !rule(change).is_of_meaning);
            if judged.refused.is_some() != is_breaking {
                faults.push(format!("{name}, {group:?}: {:?}\n{by_rules:#?}", judged.refused));
            }
            judgements += 1;
            values += judged.sampled;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(judgements >= 240 && values > 20_000, "{judgements} judgements of {values} values");
}

/// The judgement of each group.
fn judgements_of(old: &Value, new: &Value) -> [Judged; 4] {
    let said = |contract: &Value, fact: &str| contract["x-triwire"][fact].as_str().map(|name| contract["$defs"][name].clone());
    let crossing = |writer: &Value, reader: &Value, fact: &str| match (said(writer, fact), said(reader, fact)) {
        (Some(written), Some(read)) => judge(Side { root: writer, schema: &written }, Side { root: reader, schema: &read }, VALUES, 7),
        // The whole of it is gone, or new: what nobody reads any more is refused where clients write it.
        (Some(_), None) if fact == "command" => Judged { sampled: 0, refused: Some((json!({}), "nobody reads commands".to_owned())) },
        _ => Judged::default(),
    };
    let channels = crossing(old, new, "channel");
    let events = events(old, new);
    let both = Judged { sampled: channels.sampled + events.sampled, refused: channels.refused.or(events.refused) };
    [both, crossing(old, new, "command"), crossing(new, old, "reply"), crossing(new, old, "state")]
}

/// The items of the new server, read by the old contract, but for variants that it does not know: clients meet these as data.
fn events(old: &Value, new: &Value) -> Judged {
    let names = |contract: &Value| contract["x-triwire"]["events"].as_array().cloned().unwrap_or_default();
    let (known, reader) = (names(old), Side { root: old, schema: &old["allOf"][0] });
    let mut all = Judged::default();
    for event in names(new).iter().filter(|event| known.iter().any(|other| other["name"] == event["name"])) {
        let item = event["item"].as_str().expect("the name of its item");
        let judged = judge(Side { root: new, schema: &new["$defs"][item] }, reader, VALUES, 11);
        all = Judged { sampled: all.sampled + judged.sampled, refused: all.refused.or(judged.refused) };
    }
    all
}

/// The table of the book, made of the rules.
fn table() -> String {
    let cell = |ruling: Ruling| format!("{}: {}", ruling.verdict, ruling.why);
    let row = |rule: &Rule| {
        let name = if rule.is_of_meaning { format!("{} \\*", rule.name) } else { rule.name.to_owned() };
        if rule.server == rule.clients {
            format!("| {name} | {} | the same |\n", cell(rule.server))
        } else {
            format!("| {name} | {} | {} |\n", cell(rule.server), cell(rule.clients))
        }
    };
    format!(
        "| what changed | the server writes: events, replies, states | clients write: commands, names of channels |\n|---|---|---|\n{}",
        RULES.iter().map(row).collect::<String>()
    )
}

#[test]
fn the_book_has_the_table_of_the_rules() {
    let chapter = include_str!("../../book/src/contract-lock.md");
    assert!(chapter.contains(&table()), "book/src/contract-lock.md has another table than the rules:\n\n{}", table());
}
