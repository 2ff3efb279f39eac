//! Files and folders: what several commands do with them, and errors that name the path.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::failure::{Failure, Result};

/// What stands in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).map_err(|error| trouble(folder, &error))?;
    let listed: io::Result<Vec<PathBuf>> = listed.map(|entry| Ok(entry?.path())).collect();
    let mut found = listed.map_err(|error| trouble(folder, &error))?;
    found.sort();
    Ok(found)
}

/// All files in a folder and below, in order.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file, and makes the folder that it goes to.
pub(crate) fn copy(from: &Path, to: &Path) -> Result {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    fs::copy(from, to).map(drop).map_err(|error| trouble(from, &error))
}

/// Copies all files of a folder, and makes the folders that they go to.
pub(crate) fn copy_all(from: &Path, to: &Path) -> Result {
    for path in below(from)? {
        copy(&path, &to.join(path.strip_prefix(from).unwrap_or(&path)))?;
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble(folder, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn trouble(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_copied_found_and_removed() {
        let folder = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let copies = [folder.join("a"), folder.join("b/c")];
        for to in &copies {
            copy(&from, to).expect("copied");
        }
        assert_eq!(below(&folder).expect("found"), copies);
        assert_eq!(entries(&folder).expect("listed"), [folder.join("a"), folder.join("b")]);
        copy_all(&folder.join("b"), &folder.join("d")).expect("copied");
        assert_eq!(entries(&folder.join("d")).expect("listed"), [folder.join("d/c")]);
        remove(&folder).expect("removed");
        remove(&folder).expect("nothing to remove");
        assert!(entries(&folder).is_err_and(|failure| failure.to_string().contains("xtask-files")));
    }
}
