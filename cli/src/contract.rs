//! `cargo triwire contract`, the documents, printed or written; and `cargo triwire ts`, the client for JavaScript, with its types.

use std::fs;
use std::path::{Path, PathBuf};

use crate::enums::{Enums, unreadable};

const DOCUMENTS: [&str; 3] = ["schema", "asyncapi", "openapi"];
/// What the client's files are called, and how each ends behind the enum's name.
const CLIENT: [(&str, &str); 2] = [("client.js", "js"), ("client.d.ts", "d.ts")];

pub(crate) fn run(words: &[String]) -> Result<(), String> {
    let (out, words) = out(words)?;
    let enums = Enums::of(&words)?;
    match out {
        Some(folder) => write(&enums, &folder),
        None => print(&enums),
    }
}

/// Writes the client of each enum into a folder.
pub(crate) fn ts(words: &[String]) -> Result<(), String> {
    let (out, words) = out(words)?;
    let folder = out.ok_or("`--out` names the folder: `cargo triwire ts --out src`")?;
    let enums = Enums::of(&words)?;
    fs::create_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
    for name in &enums.names {
        for (file, ending) in CLIENT {
            save(&folder.join(format!("{name}.{ending}")), &enums.document(name, file)?)?;
        }
    }
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| unreadable(path, &error))?;
    println!("{}", path.display());
    Ok(())
}

/// The folder of `--out`, and the words that are cargo's.
fn out(words: &[String]) -> Result<(Option<PathBuf>, Vec<String>), String> {
    let (mut out, mut others) = (None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--out" {
            out = Some(PathBuf::from(words.next().ok_or("`--out` names a folder: `--out contract`")?));
        } else if let Some(folder) = word.strip_prefix("--out=") {
            out = Some(PathBuf::from(folder));
        } else {
            others.push(word.clone());
        }
    }
    Ok((out, others))
}

fn write(enums: &Enums, folder: &Path) -> Result<(), String> {
    for name in &enums.names {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
        for document in DOCUMENTS {
            let file = format!("{document}.json");
            save(&folder.join(&file), &enums.document(name, &file)?)?;
        }
    }
    Ok(())
}

/// One object of all: what is between its braces is JSON already.
fn print(enums: &Enums) -> Result<(), String> {
    let mut all = Vec::new();
    for name in &enums.names {
        let documents = DOCUMENTS
            .iter()
            .map(|document| Ok(format!("\"{document}\": {}", enums.document(name, &format!("{document}.json"))?.trim_end())));
        all.push(format!("\"{name}\": {{\n{}\n}}", documents.collect::<Result<Vec<_>, String>>()?.join(",\n")));
    }
    println!("{{\n{}\n}}", all.join(",\n"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_but_the_folder_are_cargos() {
        let words = ["-p", "chat", "--out", "there", "--features", "tickets"].map(str::to_owned);
        assert_eq!(out(&words), Ok((Some("there".into()), ["-p", "chat", "--features", "tickets"].map(str::to_owned).to_vec())));
        assert_eq!(out(&["--out=there".to_owned()]), Ok((Some("there".into()), vec![])));
        assert!(out(&["--out".to_owned()]).is_err());
    }
}
