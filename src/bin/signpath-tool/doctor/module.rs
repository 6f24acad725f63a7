//! The module's file, before it is loaded: where it is, whether this machine can load it, what it exports and needs.

use std::path::{Path, PathBuf};

use object::elf::FileHeader64;
use object::read::elf::{ElfFile64, FileHeader, SectionTable};
use object::{Architecture, Endianness, Object, ObjectSymbol};

use super::report::{Examined, Report, Sound, Trouble};
use crate::outcome::Exit;

const NAME: &str = "libsignpath_pkcs11.so";

/// The variable by which cosign finds it.
const VARIABLE: &str = "COSIGN_PKCS11_MODULE_PATH";

/// Where distributions keep PKCS#11 modules, and where people put libraries.
const FOLDERS: [&str; 7] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
    "/usr/local/lib/pkcs11",
    "/usr/local/lib",
    "/usr/lib",
];

/// Without the first nobody can use it; with the others, those who ask for version 3 (PKCS#11 v3.1 section 5.4.2).
const EXPORTS: [&str; 3] = ["C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList"];

/// Looks into the file; its path, if it can be loaded.
pub(super) fn examine(report: &mut Report, given: Option<&Path>) -> Option<PathBuf> {
    let file = report.examine("module", || found(given));
    let file = report.examine_after("exports", file, exports);
    report.examine_after("glibc", file, glibc)
}

/// The module's path and content.
type File = (PathBuf, Vec<u8>);

fn found(given: Option<&Path>) -> Examined<File> {
    let variable = std::env::var_os(VARIABLE).map(PathBuf::from);
    let (path, source) = match (given, variable.clone()) {
        (Some(path), _) => (path.to_owned(), "--module"),
        (None, Some(path)) => (path, VARIABLE),
        (None, None) => (in_folders()?, "found there"),
    };
    let unusable = |problem: String| {
        let remedy = format!("correct {VARIABLE}, or name the right file by --module");
        Trouble::new(Exit::Configuration, format!("{} ({source}): {problem}", path.display()), remedy)
    };
    if source == VARIABLE && path.is_relative() {
        return Err(unusable("cosign wants an absolute path".to_owned()));
    }
    // a pipe would keep the report back, and a device has no end
    if std::fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(unusable("it is no file".to_owned()));
    }
    let content = std::fs::read(&path).map_err(|error| unusable(error.to_string()))?;
    let machine = object::File::parse(content.as_slice())
        .map_err(|error| unusable(format!("it is no shared library: {error}")))?
        .architecture();
    if machine != this_machine() {
        return Err(unusable(format!(
            "it is for {machine:?}, and this machine is {}",
            std::env::consts::ARCH
        )));
    }
    let sound = Sound::new((path.clone(), content), [format!("{} ({source})", path.display())]);
    Ok(match variable {
        None => sound.but(
            format!("{VARIABLE} is not set, so that cosign does not find the module"),
            format!("export {VARIABLE}={}", path.display()),
        ),
        Some(_) => sound,
    })
}

fn in_folders() -> Result<PathBuf, Trouble> {
    let own = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let folders = own.into_iter().chain(FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(NAME)).find(|path| path.exists()).ok_or_else(|| {
        let problem = format!("{NAME} is neither beside this tool nor in the system's folders");
        Trouble::new(
            Exit::Configuration,
            problem,
            format!("set {VARIABLE} to its path, or name it by --module"),
        )
    })
}

fn this_machine() -> Architecture {
    match std::env::consts::ARCH {
        "aarch64" => Architecture::Aarch64,
        _ => Architecture::X86_64,
    }
}

fn exports((path, content): File) -> Examined<File> {
    let file = parsed(&content)?;
    let exported: Vec<&str> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_global())
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| EXPORTS.contains(name))
        .collect();
    let missing: Vec<&str> = EXPORTS.into_iter().filter(|name| !exported.contains(name)).collect();
    let found = exported.join(", ");
    match missing.as_slice() {
        [] => Ok(Sound::new((path, content), [found])),
        [first, ..] if *first == EXPORTS[0] => Err(Trouble::new(
            Exit::Configuration,
            format!("{} does not export {first}: it is no PKCS#11 module", path.display()),
            format!("name {NAME} in {VARIABLE} or by --module"),
        )),
        others => {
            let problem = format!("it is a module of PKCS#11 2.40: {} missing", others.join(", "));
            Ok(Sound::new((path, content), [found]).but(problem, format!("check whether it is {NAME}")))
        }
    }
}

fn glibc((path, content): File) -> Examined<PathBuf> {
    let needed = needed_versions(&content).ok().and_then(|names| newest(&names));
    let library = c_library().unwrap_or_default();
    let offered = std::fs::read(&library).ok().and_then(|content| offered_versions(&content).ok());
    let has = offered.and_then(|names| newest(&names));
    match (needed, has) {
        (Some(needed), Some(has)) if needed > has => Err(Trouble::new(
            Exit::Configuration,
            format!("the module needs glibc {}, and this system has {}", shown(needed), shown(has)),
            "use a module that was built for this system, or a newer system",
        )),
        (Some(needed), Some(has)) => {
            let found = format!("needs {}, and {} is {}", shown(needed), library.display(), shown(has));
            Ok(Sound::new(path, [found]))
        }
        // a C library of another kind, which loading will tell
        _ => Ok(Sound::new(path, ["unknown, here or in the module".to_owned()])),
    }
}

fn shown((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

fn parsed(content: &[u8]) -> Result<ElfFile64<'_>, Trouble> {
    ElfFile64::parse(content).map_err(|error| {
        Trouble::new(Exit::Configuration, format!("it cannot be read: {error}"), "install it anew")
    })
}

/// The names of the versions of symbols that a library takes from others.
fn needed_versions(content: &[u8]) -> object::Result<Vec<String>> {
    let (endian, sections) = opened(content)?;
    let Some((mut libraries, link)) = sections.gnu_verneed(endian, content)? else { return Ok(Vec::new()) };
    let strings = sections.strings(endian, content, link)?;
    let mut names = Vec::new();
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            names.push(String::from_utf8_lossy(version.name(endian, strings)?).into_owned());
        }
    }
    Ok(names)
}

/// The names of the versions of symbols that a library offers.
fn offered_versions(content: &[u8]) -> object::Result<Vec<String>> {
    let (endian, sections) = opened(content)?;
    let Some((mut definitions, link)) = sections.gnu_verdef(endian, content)? else { return Ok(Vec::new()) };
    let strings = sections.strings(endian, content, link)?;
    let mut names = Vec::new();
    while let Some((_, mut versions)) = definitions.next()? {
        while let Some(version) = versions.next()? {
            names.push(String::from_utf8_lossy(version.name(endian, strings)?).into_owned());
        }
    }
    Ok(names)
}

fn opened(content: &[u8]) -> object::Result<(Endianness, SectionTable<'_, FileHeader64<Endianness>>)> {
    let header = FileHeader64::<Endianness>::parse(content)?;
    let endian = header.endian()?;
    Ok((endian, header.sections(endian, content)?))
}

/// The highest of the versions `GLIBC_2.x`.
fn newest(names: &[String]) -> Option<(u32, u32)> {
    let version = |name: &String| {
        let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    names.iter().filter_map(version).max()
}

/// The C library that this very process has loaded: the one that a host would load the module with.
fn c_library() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let paths = maps.lines().filter_map(|line| line.find('/').and_then(|start| line.get(start..)));
    let is_libc = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name == "libc.so.6" || name.starts_with("libc-2.")
    };
    paths.into_iter().find(is_libc).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_so_by_number_and_not_by_letter() {
        let names = ["GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.2.5", "GCC_3.0", "GLIBC_PRIVATE"].map(str::to_owned);

        assert_eq!(newest(&names), Some((2, 34)));
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn the_c_library_of_this_process_is_found_and_offers_versions() {
        let content = std::fs::read(c_library().unwrap()).unwrap();

        assert!(newest(&offered_versions(&content).unwrap()) >= Some((2, 28)));
    }
}
