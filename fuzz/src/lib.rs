//! What the fuzz targets share: their arguments, the corpus, the mutator and the loop.
//!
//! A target is a plain program on the stable toolchain. Before each round the input is written to
//! `fuzz/findings/<target>.lua`; a round that panics, overflows the stack or is killed leaves it there, and the exit code
//! says so. The same seed on the same corpus gives the same inputs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

mod mutate;

pub use mutate::{Corpus, Style};

/// The command line of a target: `--seconds N`, `--seed S`, or one file to run again.
#[derive(Debug, Clone)]
pub struct Arguments {
    seconds: u64,
    seed: u64,
    repeat: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line.
    ///
    /// # Errors
    ///
    /// The text says what is wrong with it.
    pub fn read() -> Result<Self, String> {
        let mut arguments = Self { seconds: 10, seed: 1, repeat: None };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let target = match word.as_str() {
                "--seconds" => &mut arguments.seconds,
                "--seed" => &mut arguments.seed,
                _ => {
                    arguments.repeat = Some(PathBuf::from(word));
                    continue;
                }
            };
            let number = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            *target = number.parse().map_err(|_| format!("{word} {number}: not a number"))?;
        }
        Ok(arguments)
    }
}

/// Feeds `round` with mutated programs until the time is over, or with the one file that the command line names.
pub fn drive(target: &str, style: Style, mut round: impl FnMut(&[u8])) -> ExitCode {
    match feed(target, style, &mut round) {
        Ok(summary) => {
            println!("fuzz {target}: {summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fuzz {target}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn feed(target: &str, style: Style, round: &mut dyn FnMut(&[u8])) -> Result<String, String> {
    let arguments = Arguments::read()?;
    if let Some(path) = &arguments.repeat {
        let input = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        round(&input);
        return Ok("the input did no harm".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = Corpus::read(&[root.join("../tests/lua"), root.join("../benches/lua")])?;
    let findings = root.join("findings");
    fs::create_dir_all(&findings).map_err(|error| format!("{}: {error}", findings.display()))?;
    let current = findings.join(format!("{target}.lua"));
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut rounds: u64 = 0;
    while Instant::now() < end {
        let input = corpus.mutant(style, &mut random);
        fs::write(&current, &input).map_err(|error| format!("{}: {error}", current.display()))?;
        round(&input);
        rounds += 1;
    }
    fs::remove_file(&current).map_err(|error| format!("{}: {error}", current.display()))?;
    Ok(format!("{rounds} inputs from {} programs in {} s, seed {}", corpus.len(), arguments.seconds, arguments.seed))
}
