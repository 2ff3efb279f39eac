//! Opens every package that would be published and looks at what is in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::files::{below, trouble};
use crate::notices::{self, LIST, TEXTS};
use crate::step;
use crate::targets::{GLIBC_FLOOR, TARGETS, Target};
use crate::{dist, repo, versions};

/// A package that was opened.
struct Opened {
    /// The file, from the folder of packages on.
    name: String,
    size: u64,
    files: Vec<File>,
}

struct File {
    /// From the package's own root on.
    path: String,
    bytes: Vec<u8>,
}

/// Part of the page that every emulator has within it and nothing else.
const OF_THE_EMULATOR: &[u8] = b"/emulator/page/style.css";

/// Packages in which the emulator may be: its own.
const WITH_EMULATOR: [&str; 2] = ["vipps-emulator", "vipps_emulator"];

/// The Maven artifact that is the same for all platforms.
const WITHOUT_LIBRARY: &str = "vipps-partner-auth-spring-boot-starter";

pub(crate) fn at(targets: &[&Target]) -> Result {
    eprintln!("== a look at each package");
    let version = versions::workspace(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    let mut found = missing(&names(targets, &version)?);
    for path in listed()? {
        let opened = Opened::open(&path)?;
        println!("{:>9}  {}", opened.size, opened.name);
        found.extend(opened.findings(targets, &version).into_iter().map(|text| format!("{}: {text}", opened.name)));
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::failed(found.join("\n  "))) }
}

/// What has to be there, from the folder of packages on.
fn names(targets: &[&Target], version: &str) -> Result<Vec<String>> {
    let mut names = vec![
        format!("python/vipps_partner_auth-{version}.tar.gz"),
        format!("python/vipps_emulator-{version}.tar.gz"),
        format!("npm/vipps-partner-auth-{version}.tgz"),
        format!("npm-emulator/vipps-emulator-{version}.tgz"),
        format!("crates/vipps-partner-auth-{version}.crate"),
        format!("crates/vipps-emulator-{version}.crate"),
        "SHA256SUMS".to_owned(),
    ];
    let artifacts = ["vipps-partner-auth", "vipps-partner-auth-app", "vipps-emulator"];
    let maven = |artifact: &str, end: &str| {
        format!("maven/io/github/vippspartnerauth/{artifact}/{version}/{artifact}-{version}{end}")
    };
    for artifact in artifacts {
        names.extend([".jar", ".jar.sha1", ".pom", "-sources.jar", "-javadoc.jar"].map(|end| maven(artifact, end)));
        names.extend(targets.iter().filter_map(|target| Some(maven(artifact, &format!("-{}.jar", target.jna?)))));
    }
    names.extend([".jar", ".jar.sha1", ".pom", "-sources.jar", "-javadoc.jar"].map(|end| maven(WITHOUT_LIBRARY, end)));
    names.push(maven("vipps-partner-auth-bom", ".pom"));
    for target in targets {
        let (Some(wheel), Some(npm)) = (target.wheel, target.npm) else {
            return Err(Failure::failed(format!("{} is not for servers", target.triple)));
        };
        names.push(format!("python/vipps_partner_auth-{version}-cp39-abi3-{wheel}.whl"));
        names.push(format!("python/vipps_emulator-{version}-py3-none-{wheel}.whl"));
        names.push(format!("npm/platforms/vipps-partner-auth-{npm}-{version}.tgz"));
        names.push(format!("npm/self-contained/{npm}/vipps-partner-auth-{version}.tgz"));
        names.push(format!("npm-emulator/platforms/vipps-emulator-{npm}-{version}.tgz"));
        names.push(format!("npm-emulator/self-contained/{npm}/vipps-emulator-{version}.tgz"));
        for program in dist::PROGRAMS {
            names.push(format!("programs/{program}-{version}-{}.tar.gz", target.triple));
        }
    }
    Ok(names)
}

fn missing(names: &[String]) -> Vec<String> {
    let there = |name: &&String| dist::packages().join(name).is_file();
    names.iter().filter(|name| !there(name)).map(|name| format!("{name} is missing")).collect()
}

/// Everything that can be opened.
fn listed() -> Result<Vec<PathBuf>> {
    let all = below(&dist::packages())?;
    let is_package = |path: &PathBuf| {
        ["whl", "gz", "tgz", "crate", "jar"].iter().any(|end| path.extension().is_some_and(|e| e == *end))
    };
    Ok(all.into_iter().filter(|path| is_package(path) && !is_staged(path)).collect())
}

/// What npm packs a package from.
fn is_staged(path: &Path) -> bool {
    ["npm/stage", "npm-emulator/stage"].iter().any(|stage| path.starts_with(dist::packages().join(stage)))
}

impl Opened {
    fn open(path: &Path) -> Result<Self> {
        let name = path.strip_prefix(dist::packages()).unwrap_or(path).display().to_string().replace('\\', "/");
        let into = repo::target().join("dist/opened").join(name.replace('/', "+"));
        match fs::remove_dir_all(&into) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(trouble(&into, &error)),
            _ => {}
        }
        fs::create_dir_all(&into).map_err(|error| trouble(&into, &error))?;
        let is_zip = path.extension().is_some_and(|end| end == "whl" || end == "jar");
        let (program, words) = if is_zip { ("python3", "-m zipfile -e") } else { ("tar", "-xzf") };
        let words: Vec<&str> = words.split(' ').collect();
        let path_text = path.to_string_lossy();
        let into_text = into.to_string_lossy();
        let mut args = words;
        args.push(&path_text);
        args.extend(if is_zip { vec![&*into_text] } else { vec!["-C", &into_text] });
        step::ask(program, &args).ok_or_else(|| Failure::failed(format!("{name} can't be opened")))?;
        let files = below(&into)?.into_iter().map(|file| {
            let bytes = fs::read(&file).map_err(|error| trouble(&file, &error))?;
            Ok(File { path: file.strip_prefix(&into).unwrap_or(&file).display().to_string(), bytes })
        });
        let size = fs::metadata(path).map(|about| about.len()).unwrap_or_default();
        Ok(Self { name, size, files: files.collect::<Result<_>>()? })
    }

    fn findings(&self, targets: &[&Target], version: &str) -> Vec<String> {
        let mut found = Vec::new();
        for file in &self.files {
            let told = [file.names_this_machine(), file.needs_a_newer_glibc(), file.exports_more()];
            found.extend(told.into_iter().flatten().map(|text| format!("{}: {text}", file.path)));
            if !self.may_hold_the_emulator() && file.holds(OF_THE_EMULATOR) {
                found.push(format!("{}: holds the emulator", file.path));
            }
        }
        found.extend(self.lacks_licences());
        found.extend(self.lacks_platforms(targets, version));
        found
    }

    fn may_hold_the_emulator(&self) -> bool {
        // Of sources and documentation no machine is a user.
        let is_source = ["-sources.jar", "-javadoc.jar", ".crate"].iter().any(|end| self.name.ends_with(end));
        is_source || WITH_EMULATOR.iter().any(|name| self.name.contains(name))
    }

    fn has(&self, end: &str) -> bool {
        self.files.iter().any(|file| file.path.ends_with(end))
    }

    /// Our own in every package but javadoc; those of others, and the list of them, wherever their code is.
    fn lacks_licences(&self) -> Vec<String> {
        let is_documentation = self.name.ends_with("-javadoc.jar") || self.name.ends_with("-sources.jar");
        let mut wanted = if is_documentation { Vec::new() } else { vec!["LICENSE-MIT", "LICENSE-APACHE"] };
        if self.files.iter().any(File::is_binary) {
            wanted.extend([TEXTS, LIST]);
        }
        wanted.into_iter().filter(|name| !self.has(name)).map(|name| format!("{name} is missing")).collect()
    }

    fn lacks_platforms(&self, targets: &[&Target], version: &str) -> Vec<String> {
        let mut found = Vec::new();
        let main = [("npm", "vipps-partner-auth"), ("npm-emulator", "vipps-emulator")];
        if let Some((_, package)) =
            main.iter().find(|(folder, package)| self.name == format!("{folder}/{package}-{version}.tgz"))
        {
            let manifest = self.files.iter().find(|file| file.path.ends_with("package/package.json"));
            let names =
                TARGETS.iter().filter_map(|target| target.npm).map(|npm| format!("\"{package}-{npm}\": \"{version}\""));
            let missing = names.filter(|name| !manifest.is_some_and(|manifest| manifest.holds(name.as_bytes())));
            found.extend(missing.map(|name| format!("its optionalDependencies lack {name}")));
        }
        if self.name.ends_with(&format!("-{version}.jar")) && !self.name.contains(WITHOUT_LIBRARY) {
            let folders = targets.iter().filter_map(|target| Some(format!("{}/{}", target.jna?, "")));
            let missing = folders.filter(|folder| {
                !self.files.iter().any(|file| file.path.starts_with(folder.as_str()) && file.is_binary())
            });
            found.extend(missing.map(|folder| format!("no library for {folder}")));
        }
        if let Some(of) =
            TARGETS.iter().find(|target| target.jna.is_some_and(|jna| self.name.ends_with(&format!("-{jna}.jar"))))
        {
            let binaries = self.files.iter().filter(|file| file.is_binary());
            let others = binaries.filter(|file| !file.path.starts_with(of.jna.unwrap_or_default()));
            found.extend(others.map(|file| format!("{}: of another platform", file.path)));
        }
        if let Some(wheel) = self.files.iter().find(|file| file.path.ends_with(".dist-info/WHEEL")) {
            let tag = TARGETS
                .iter()
                .filter_map(|target| target.wheel)
                .find(|tag| self.name.ends_with(&format!("-{tag}.whl")));
            // A program needs no Python of its own.
            let python = if self.name.starts_with("python/vipps_emulator-") { "py3-none" } else { "cp39-abi3" };
            let tags = tag.into_iter().flat_map(|tag| tag.split('.')).map(|tag| format!("Tag: {python}-{tag}"));
            let missing = tags.filter(|tag| !wheel.holds(tag.as_bytes()));
            found.extend(missing.map(|tag| format!("no `{tag}` in it")));
        }
        found
    }
}

impl File {
    fn holds(&self, needle: &[u8]) -> bool {
        !needle.is_empty() && self.bytes.windows(needle.len()).any(|window| window == needle)
    }

    /// A library or program: of Linux, of Windows, of Apple's systems.
    fn is_binary(&self) -> bool {
        let starts = [b"\x7fELF".as_slice(), b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\x00\x00\x00\x02"];
        starts.iter().any(|start| self.bytes.starts_with(start))
    }

    /// A path of the machine that built it: of no use to others, and theirs to know of even less.
    fn names_this_machine(&self) -> Option<String> {
        let paths = [repo::root().to_owned(), repo::target(), notices::cargo_home()];
        let path = paths.into_iter().find(|path| self.holds(path.as_os_str().as_encoded_bytes()))?;
        Some(format!("holds the path {} of this machine", path.display()))
    }

    fn needs_a_newer_glibc(&self) -> Option<String> {
        if !self.bytes.starts_with(b"\x7fELF") {
            return None;
        }
        let newest = glibc_versions(&self.bytes).max()?;
        (newest > GLIBC_FLOOR).then(|| format!("needs glibc 2.{newest}"))
    }

    /// A library shows what its language calls, and nothing of what it is made of.
    fn exports_more(&self) -> Option<String> {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let allowed: &[&str] = match name {
            _ if !self.bytes.starts_with(b"\x7fELF") => return None,
            _ if Path::new(name).extension().is_some_and(|end| end == "node") => &["napi_register_module_v1"],
            _ if name.contains("_native") => &["PyInit__native"],
            _ if name.ends_with("_ffi.so") => &["uniffi_", "ffi_", "UNIFFI_META_", "vipps_partner_auth_verify"],
            _ => return None,
        };
        let place = repo::target().join("dist/library");
        fs::write(&place, &self.bytes).ok()?;
        let told = step::ask("nm", &["-D", "--defined-only", "--format=just-symbols", &place.to_string_lossy()])?;
        let more: Vec<&str> =
            told.lines().filter(|name| !allowed.iter().any(|start| name.starts_with(start))).collect();
        (!more.is_empty()).then(|| format!("exports {} more, such as {}", more.len(), more[0]))
    }
}

/// The minor numbers of `GLIBC_2.17` and its like.
fn glibc_versions(bytes: &[u8]) -> impl Iterator<Item = u32> {
    const NAME: &[u8] = b"GLIBC_2.";
    bytes.windows(NAME.len() + 3).filter(|window| window.starts_with(NAME)).filter_map(|window| {
        let digits: String = window[NAME.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .map(|byte| char::from(*byte))
            .collect();
        digits.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> File {
        File { path: path.to_owned(), bytes: bytes.to_vec() }
    }

    fn opened(name: &str, files: Vec<File>) -> Opened {
        Opened { name: name.to_owned(), size: 1, files }
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let path = repo::root().join("core/src/lib.rs");
        assert!(file("a.so", path.as_os_str().as_encoded_bytes()).names_this_machine().is_some());
        assert_eq!(file("a.so", b"crates/serde-1.0.0/src/lib.rs").names_this_machine(), None);
    }

    #[test]
    fn a_glibc_that_is_too_new_is_found() {
        let library = |versions: &str| file("a.so", format!("\x7fELF..{versions}\0..........").as_bytes());
        assert_eq!(library("GLIBC_2.17\0GLIBC_2.4").needs_a_newer_glibc(), None);
        assert_eq!(library("GLIBC_2.17\0GLIBC_2.34").needs_a_newer_glibc().as_deref(), Some("needs glibc 2.34"));
    }

    #[test]
    fn the_emulator_is_found_where_it_must_not_be() {
        let library = || vec![file("a/a.so", OF_THE_EMULATOR), file("LICENSE-MIT", b""), file("LICENSE-APACHE", b"")];
        let found = opened("maven/vipps-partner-auth-app-1.2.3.jar", library()).findings(&[], "1.2.3");
        assert_eq!(found, ["a/a.so: holds the emulator"]);
        assert!(opened("programs/vipps-emulator-1.2.3.tar.gz", library()).findings(&[], "1.2.3").is_empty());
    }

    #[test]
    fn a_binary_brings_the_licences_of_others() {
        let found = opened("npm/a.tgz", vec![file("a.node", b"MZ"), file("LICENSE-MIT", b"")]).lacks_licences();
        assert_eq!(
            found,
            ["LICENSE-APACHE is missing".to_owned(), format!("{TEXTS} is missing"), format!("{LIST} is missing")]
        );
    }

    #[test]
    fn the_main_npm_package_names_all_platforms() {
        let manifest = file("package/package.json", b"\"vipps-partner-auth-linux-x64-gnu\": \"1.2.3\"");
        let found = opened("npm/vipps-partner-auth-1.2.3.tgz", vec![manifest]).lacks_platforms(&[], "1.2.3");
        assert_eq!(found.len(), TARGETS.iter().filter(|target| target.npm.is_some()).count() - 1);
    }

    #[test]
    fn a_jar_for_one_platform_has_the_library_of_that_alone() {
        let jar = opened(
            "maven/a-1.2.3-linux-x86-64.jar",
            vec![file("linux-x86-64/a.so", b"\x7fELF"), file("win32-x86-64/a.dll", b"MZ")],
        );
        assert_eq!(jar.lacks_platforms(&[], "1.2.3"), ["win32-x86-64/a.dll: of another platform"]);
    }

    #[test]
    fn a_jar_without_a_library_is_for_all_platforms() {
        let servers: Vec<&Target> = TARGETS.iter().filter(|target| target.jna.is_some()).collect();
        let jar =
            |name: &str| opened(&format!("maven/{name}-1.2.3.jar"), Vec::new()).lacks_platforms(&servers, "1.2.3");
        assert_eq!(jar(WITHOUT_LIBRARY), Vec::<String>::new());
        assert_eq!(jar("vipps-partner-auth").len(), servers.len());
    }

    #[test]
    fn what_has_to_be_there_is_named_for_each_platform() {
        let servers: Vec<&Target> = TARGETS.iter().filter(|target| target.is_for_servers()).collect();
        let names = names(&servers, "1.2.3").unwrap_or_default();
        assert!(names.contains(&"python/vipps_partner_auth-1.2.3-cp39-abi3-win_arm64.whl".to_owned()));
        assert!(names.contains(&"npm/platforms/vipps-partner-auth-darwin-arm64-1.2.3.tgz".to_owned()));
        assert!(names.iter().any(|name| name.ends_with("vipps-partner-auth-app-1.2.3-darwin-aarch64.jar")));
        let devices: Vec<&Target> = TARGETS.iter().collect();
        assert!(super::names(&devices, "1.2.3").is_err());
    }
}
