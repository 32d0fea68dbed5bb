//! Names made of words: `user:inbox` and `UserInbox` are the words `user`, `inbox`, in a channel enum `UserInbox` and `user_inbox`.
//! And the word somebody may have meant.

/// The words of a text, lower-case: cut at whatever is no letter or digit, and where an upper-case letter begins a word
/// (`roomList` -> `room`, `list`; `HTTPServer` -> `http`, `server`).
pub(crate) fn split(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins =
            letter.is_uppercase() && before.is_some_and(|before| !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()));
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `["user", "inbox"]` -> `UserInbox`
pub(crate) fn pascal(words: &[String]) -> String {
    words
        .iter()
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        })
        .collect()
}

/// The candidate that `word` most likely meant: one that is a few slips of the finger away, and the nearest of these.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = 1 + word.chars().count() / 4;
    candidates
        .into_iter()
        .map(|candidate| (slips(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(slips, candidate)| *slips <= tolerated && *slips < candidate.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// How many letters were left out, put in, changed or swapped with their neighbour (optimal string alignment).
fn slips(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_separators_and_capitals() {
        assert_eq!(split("user:inbox"), ["user", "inbox"]);
        assert_eq!(split("/a.b_c-d/"), ["a", "b", "c", "d"]);
        assert_eq!(split("ChatEvent"), ["chat", "event"]);
        assert_eq!(split("HTTPServer2x"), ["http", "server2x"]);
        assert_eq!(split("ROOM"), ["room"]);
        assert_eq!(split(":-/"), [""; 0]);
    }

    #[test]
    fn names_are_made_of_words() {
        assert_eq!(pascal(&split("user:inbox")), "UserInbox");
        assert_eq!(pascal(&split("v2")), "V2");
    }

    #[test]
    fn the_nearest_word_is_meant() {
        assert_eq!(closest("chanel", ["volatile", "channel"]), Some("channel"));
        assert_eq!(closest("hsitory", ["history", "keep"]), Some("history"));
        assert_eq!(closest("Keep", ["history", "keep"]), Some("keep"));
        assert_eq!(closest("x", ["id"]), None);
        assert_eq!(closest("elephant", ["history", "keep"]), None);
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
