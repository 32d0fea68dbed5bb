//! RFC 7692 sections 5 and 7.1: which offer is accepted, and by what answer.

use super::*;

/// What is answered to these lines of `Sec-WebSocket-Extensions`.
fn answer(lines: &[&str]) -> Option<String> {
    negotiate(lines.iter().copied()).map(Agreed::answer)
}

const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

fn is_accepted(offer: &str) {
    assert_eq!(answer(&[offer]).as_deref(), Some(PLAIN), "{offer}");
}

fn is_declined(offer: &str) {
    assert_eq!(answer(&[offer]), None, "{offer}");
}

#[test]
fn no_offer_is_no_agreement() {
    assert_eq!(answer(&[]), None);
    is_declined("");
    is_declined("permessage-bzip2");
    is_declined("x-webkit-deflate-frame, permessage-deflate2");
}

#[test]
fn what_browsers_and_node_offer_is_accepted() {
    is_accepted("permessage-deflate");
    is_accepted("permessage-deflate; client_max_window_bits");
}

/// Section 7.1.1: both may be answered whether they were offered or not.
#[test]
fn no_context_is_taken_over() {
    is_accepted("permessage-deflate; server_no_context_takeover");
    is_accepted("permessage-deflate;client_no_context_takeover;\tserver_no_context_takeover ");
}

/// "A client informs the server of its preference by the order": the first that can be accepted is.
#[test]
fn the_first_acceptable_offer_is_accepted() {
    is_accepted("permessage-bzip2, permessage-deflate; unknown, permessage-deflate");
    assert_eq!(answer(&["foo", "permessage-deflate"]).as_deref(), Some(PLAIN), "over any number of lines");
    let first = answer(&["permessage-deflate; server_max_window_bits=10, permessage-deflate"]);
    assert_eq!(first, Some(format!("{PLAIN}; server_max_window_bits=10")));
}

/// "A server MUST decline an extension negotiation offer for this extension if any of": a parameter that is not defined for an offer ...
#[test]
fn an_unknown_parameter_is_declined() {
    is_declined("permessage-deflate; window_bits=15");
    is_declined("permessage-deflate; SERVER_NO_CONTEXT_TAKEOVER");
    is_declined("permessage-deflate;");
}

/// ... "a parameter with an invalid value" ...
#[test]
fn an_invalid_value_is_declined() {
    for value in ["0", "7", "16", "08", "1", "-9", "+9", "9.0", "0x9", "", "\"\"", "1 0", "256", "nine"] {
        is_declined(&format!("permessage-deflate; server_max_window_bits={value}"));
        is_declined(&format!("permessage-deflate; client_max_window_bits={value}"));
    }
    is_declined("permessage-deflate; server_max_window_bits");
    is_declined("permessage-deflate; server_no_context_takeover=1");
    is_declined("permessage-deflate; client_no_context_takeover=true");
}

/// ... "multiple parameters with the same name".
#[test]
fn a_parameter_there_twice_is_declined() {
    is_declined("permessage-deflate; server_no_context_takeover; server_no_context_takeover");
    is_declined("permessage-deflate; client_max_window_bits; client_max_window_bits=15");
    is_declined("permessage-deflate; server_max_window_bits=12; server_max_window_bits=12");
}

/// "A server accepts ... by including the "server_max_window_bits" extension parameter ... with the same or smaller value" (7.1.2.1).
#[test]
fn a_servers_window_is_answered_with_no_more_than_was_asked() {
    for (asked, answered) in [(8, 8), (9, 9), (11, 11), (12, 12), (13, 12), (15, 12)] {
        let answer = answer(&[&format!("permessage-deflate; server_max_window_bits={asked}")]);
        assert_eq!(answer, Some(format!("{PLAIN}; server_max_window_bits={answered}")));
    }
}

/// "client_max_window_bits" is a hint of what the client can do (7.1.2.2): it needs no answer.
#[test]
fn a_clients_window_is_its_own() {
    for bits in 8..=15 {
        is_accepted(&format!("permessage-deflate; client_max_window_bits={bits}"));
    }
}

/// RFC 6455 section 9.1: a value may be quoted.
#[test]
fn a_value_may_be_quoted() {
    is_accepted("permessage-deflate; client_max_window_bits = \"10\"");
    assert!(answer(&["permessage-deflate; server_max_window_bits=\"10\""]).is_some_and(|answer| answer.ends_with("=10")));
    is_declined("permessage-deflate; client_max_window_bits=\"10");
    is_declined("permessage-deflate; client_max_window_bits=10\"");
}

/// Of a window smaller than that of the frames made for all, only what lies in it whole is sent compressed.
#[test]
fn a_small_window_takes_short_texts() {
    let agreed = |offer: &str| negotiate([offer].into_iter()).expect("it is accepted");
    let small = agreed("permessage-deflate; server_max_window_bits=9");
    assert!(small.takes(512) && !small.takes(513));
    for any in ["permessage-deflate", "permessage-deflate; server_max_window_bits=12", "permessage-deflate; server_max_window_bits=15"] {
        assert!(agreed(any).takes(1 << 20));
    }
}
