//! From a module's name to its file: `scripts.util` is `scripts/util.lua` below the assets folder.
//!
//! A dot in front means the folder of the script that asks, and each further one the folder above. Names are made of
//! letters, digits, `_` and `-`, so that no name leads out of the assets folder, and that it is the same file everywhere.

/// The longest name.
const NAME_MAX: usize = 255;

/// The path of the module that the script at `from` calls `name`, in the asset source that the script is from.
///
/// # Errors
/// If it is no name of a module; the message says what to write.
pub(super) fn path_of(name: &str, from: &str) -> Result<String, String> {
    if name.len() > NAME_MAX {
        return Err(format!("a module's name has at most {NAME_MAX} characters"));
    }
    if let Some(meant) = meant(name) {
        return Err(format!("'{name}' is no name of a module: write require \"{meant}\""));
    }
    let dots = name.bytes().take_while(|&byte| byte == b'.').count();
    let rest = name.get(dots..).unwrap_or_default();
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
    };
    if !rest.split('.').all(is_word) {
        return Err(format!(
            "'{name}' is no name of a module: it is made of folders and the file without its '.lua', with dots between, \
             as in require \"scripts.util\""
        ));
    }
    let (source, from) = from.split_once("://").map_or(("", from), |(source, path)| (source, path));
    let mut folders: Vec<&str> = if dots > 0 { from.split('/').collect() } else { Vec::new() };
    for _ in 0..dots {
        if folders.pop().is_none() {
            return Err(format!("'{name}' leads out of the assets folder"));
        }
    }
    folders.extend(rest.split('.'));
    let scheme = if source.is_empty() { "" } else { "://" };
    Ok(format!("{source}{scheme}{}.lua", folders.join("/")))
}

/// What was probably meant by the path of a file.
fn meant(name: &str) -> Option<String> {
    let is_file = name.ends_with(".lua") && name.len() > ".lua".len();
    if !is_file && !name.contains(['/', '\\']) {
        return None;
    }
    let name = name.strip_suffix(".lua").unwrap_or(name);
    let words: Vec<&str> = name.split(['/', '\\']).collect();
    let is_relative = words.first().is_some_and(|word| matches!(*word, "." | ".."));
    let dots = usize::from(is_relative) + words.iter().filter(|word| **word == "..").count();
    let words: Vec<&str> = words.into_iter().filter(|word| !matches!(*word, "" | "." | "..")).collect();
    Some(format!("{}{}", ".".repeat(dots), words.join(".")))
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn names_lead_to_files() {
        for (name, from, path) in [
            ("util", "scripts/a.lua", "util.lua"),
            ("scripts.util", "a.lua", "scripts/util.lua"),
            (".util", "scripts/deep/a.lua", "scripts/deep/util.lua"),
            ("..util", "scripts/deep/a.lua", "scripts/util.lua"),
            (".util", "a.lua", "util.lua"),
            (".x.y", "mods://pack/a.lua", "mods://pack/x/y.lua"),
            ("x", "mods://pack/a.lua", "mods://x.lua"),
        ] {
            assert_eq!(path_of(name, from).as_deref(), Ok(path), "{name} from {from}");
        }
    }

    #[test]
    fn what_is_no_name_is_an_error() {
        for name in ["", ".", "a..b", "a.", "a b", "a/b", "../x", "x.lua", "a#b", "c:x", "..x"] {
            assert!(path_of(name, "a.lua").is_err(), "{name}");
        }
        let message = path_of("scripts/util.lua", "a.lua").unwrap_err();
        assert!(message.ends_with("write require \"scripts.util\""), "{message}");
    }
}
