//! Named pieces of work of which a command runs all or, with `--only a,b`, some.

use std::ffi::OsString;

use crate::failure::{Failure, Result};
use crate::fetched::Fetched;
use crate::tally::Tally;
use crate::tool::{self, Tool};

pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What has to be on the machine.
    pub(crate) needs: &'static [&'static Tool],
    /// What is fetched unless the machine has it.
    pub(crate) fetches: &'static [Fetched],
    pub(crate) run: fn() -> Result<Tally>,
}

/// Runs the jobs that `args` choose. All that they need is looked for before the first one starts, and a job that
/// fails does not keep the next from running.
pub(crate) fn run(jobs: &'static [Job], args: &[OsString]) -> Result {
    let chosen = choose(jobs, args)?;
    tool::require(chosen.iter().flat_map(|job| job.tools()))?;
    let failed: Vec<String> = chosen.iter().filter_map(|job| job.failure()).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::failed(failed.join("\nerror: "))) }
}

/// Runs the jobs that `args` choose. Without a choice, those whose tools this machine lacks are left out, and that is said.
pub(crate) fn run_what_can(jobs: &'static [Job], args: &[OsString]) -> Result {
    if only(args)?.is_some() {
        return run(jobs, args);
    }
    let (able, unable): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(|job| tool::require(job.tools()).is_ok());
    let mut failed: Vec<String> = able.iter().filter_map(|job| job.failure()).collect();
    for job in &unable {
        let why = tool::require(job.tools()).err().map(|failure| failure.to_string()).unwrap_or_default();
        eprintln!("WARNING: {} NOT TRIED: {}", job.name.to_uppercase(), why.replace('\n', " "));
    }
    if able.is_empty() {
        failed.push("nothing could be tried".to_owned());
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::failed(failed.join("\nerror: "))) }
}

/// The list of jobs for a command's help.
pub(crate) fn list(jobs: &[Job]) -> String {
    jobs.iter().map(|job| format!("  {:<10}{}", job.name, job.about)).collect::<Vec<_>>().join("\n")
}

impl Job {
    /// All that has to be on the machine, also for fetching what is not.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        let absent = self.fetches.iter().filter(|program| program.find().is_none());
        self.needs.iter().copied().chain(absent.map(Fetched::needs))
    }

    fn failure(&self) -> Option<String> {
        let text = (self.run)().err()?.to_string();
        Some(if text.starts_with(self.name) { text } else { format!("{}: {text}", self.name) })
    }
}

fn choose(jobs: &'static [Job], args: &[OsString]) -> Result<Vec<&'static Job>> {
    let Some(names) = only(args)? else { return Ok(jobs.iter().collect()) };
    if let Some(unknown) = names.iter().find(|name| jobs.iter().all(|job| job.name != **name)) {
        let known: Vec<&str> = jobs.iter().map(|job| job.name).collect();
        return Err(Failure::usage(format!("there is no `{unknown}`; there are: {}", known.join(", "))));
    }
    Ok(jobs.iter().filter(|job| names.iter().any(|name| name == job.name)).collect())
}

fn only(args: &[OsString]) -> Result<Option<Vec<String>>> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut names: Option<Vec<String>> = None;
    while let Some(arg) = parser.next()? {
        match arg {
            lexopt::Arg::Long("only") => names.get_or_insert_default().extend(comma_separated(&parser.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(names)
}

fn comma_separated(value: &OsString) -> Vec<String> {
    value.to_string_lossy().split(',').map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetched;

    const JOBS: &[Job] = &[
        Job { name: "rust", about: "", needs: &[], fetches: &[], run: passes },
        Job { name: "python", about: "", needs: &[], fetches: &[], run: fails },
        Job { name: "node", about: "", needs: &[], fetches: &[], run: fails },
    ];

    #[expect(clippy::unnecessary_wraps, reason = "the type of a job")]
    fn passes() -> Result<Tally> {
        Ok(Tally::default())
    }

    fn fails() -> Result<Tally> {
        Err(Failure::failed("broken"))
    }

    fn args(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn names(line: &str) -> Vec<&'static str> {
        choose(JOBS, &args(line)).unwrap_or_default().iter().map(|job| job.name).collect()
    }

    fn refusal(line: &str) -> String {
        let Err(failure) = choose(JOBS, &args(line)) else { panic!("`{line}` was accepted") };
        assert!(failure.is_usage());
        failure.to_string()
    }

    #[test]
    fn what_is_to_be_fetched_needs_the_tool_that_fetches_it() {
        const JOB: Job =
            Job { name: "spelling", about: "", needs: &[&tool::GIT], fetches: &[fetched::ABSENT], run: passes };
        assert_eq!(JOB.tools().collect::<Vec<_>>(), [&tool::GIT, &tool::PYTHON]);
    }

    #[test]
    fn a_job_without_its_tools_is_left_out_unless_it_was_chosen() {
        const LACKING: &[Job] = &[
            Job { name: "here", about: "", needs: &[], fetches: &[], run: passes },
            Job { name: "lacking", about: "", needs: &[&tool::ABSENT], fetches: &[], run: fails },
        ];
        assert!(run_what_can(LACKING, &[]).is_ok());
        assert!(
            run_what_can(LACKING, &args("--only lacking")).is_err_and(|failure| failure.to_string().contains("absent"))
        );
        assert!(run_what_can(&LACKING[1..], &[]).is_err_and(|failure| failure.to_string().contains("nothing")));
    }

    #[test]
    fn all_jobs_without_a_choice() {
        assert_eq!(names(""), ["rust", "python", "node"]);
    }

    #[test]
    fn a_choice_keeps_the_order_of_the_table() {
        assert_eq!(names("--only node,rust"), ["rust", "node"]);
        assert_eq!(names("--only=node,rust,rust"), ["rust", "node"]);
        assert_eq!(names("--only node --only rust"), ["rust", "node"]);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        assert_eq!(refusal("--only rust,cobol"), "there is no `cobol`; there are: rust, python, node");
        assert_eq!(refusal("--only rust,"), "there is no ``; there are: rust, python, node");
    }

    #[test]
    fn other_words_are_refused() {
        assert!(refusal("rust").contains("rust"));
        assert!(refusal("--fast").contains("--fast"));
        assert!(refusal("--only").contains("--only"));
    }

    #[test]
    fn a_failure_names_its_job_and_keeps_no_other_from_running() {
        let Err(failure) = run(JOBS, &[]) else { panic!("it passed") };
        assert_eq!(failure.to_string(), "python: broken\nerror: node: broken");
        assert!(run(JOBS, &args("--only rust")).is_ok());
    }
}
