//! Channels of one's own.

use noctule::{C64, CMat};
use noctule_phy::channels::table::{Beyond, ChannelTable, Wanted, ZeroUsers};
use serde_json::Value;

use crate::reference::Fields;
use crate::world::{close, close_number, flat};

/// The lengths of nested lists, the innermost pair left out.
fn shape(value: &Value) -> Vec<usize> {
    let (mut lengths, mut probe) = (Vec::new(), value);
    while let Value::Array(items) = probe {
        lengths.push(items.len());
        probe = &items[0];
    }
    assert_eq!(lengths.pop(), Some(2));
    lengths
}

/// `[subcarrier][user][antenna]`.
fn in_order(channels: &[CMat]) -> Vec<C64> {
    channels.iter().flat_map(|h| h.as_slice().to_vec()).collect()
}

pub(crate) fn own_file(i: &mut Fields, e: &mut Fields) {
    let channels = i.take("channels");
    let (lengths, entries) = (shape(&channels), flat(&channels));
    let table = ChannelTable::new(&lengths, entries.clone()).unwrap();
    let (users, trials, subcarriers) =
        (i.count("users"), i.count("trials"), i.count("subcarriers"));
    let wanted = Wanted {
        trials,
        users,
        antennas: lengths[2],
        subcarriers,
        beyond: Beyond::Refuse,
        zero_users: ZeroUsers::Refuse,
    };
    let behaviour = e.text("default_behaviour");
    assert!(behaviour.starts_with("refused before any trial"), "unknown behaviour: {behaviour}");
    let said = table.check(&wanted).unwrap_err().what;
    for number in [trials, lengths[0]] {
        assert!(behaviour.contains(&number.to_string()) && said.contains(&number.to_string()));
    }
    table.check(&Wanted { beyond: Beyond::Wrap, ..wanted }).unwrap();
    let rows: Vec<f64> = (0..trials).map(|t| table.row(t as u64) as f64).collect();
    assert_eq!(rows, e.numbers("rows_when_wrap"));
    assert_eq!(table.distinct(trials), e.count("distinct_when_wrap"));
    let factor = table.unit_mean_factor().unwrap();
    close_number("factor", factor, e.number("unit_mean_factor"), 1e-9);
    let last = table.channels(trials as u64 - 1, users, subcarriers);
    close("last", &in_order(&last), &flat(&e.take("H_trial_last_when_wrap")), 1e-9);
    let first: Vec<C64> = entries.iter().step_by(lengths[3]).copied().collect();
    let first = ChannelTable::new(&lengths[..3], first).unwrap().channels(0, users, subcarriers);
    close("flat", &in_order(&first), &flat(&e.take("H_flat_file_trial0")), 1e-9);
}
