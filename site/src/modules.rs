//! The modules of WebAssembly: no imports, no relaxed instructions, not too large.

use std::fs;
use std::path::Path;

use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::{entries, write};

/// Bytes of a module at most, before compression.
const MOST: usize = 2_400_000;

/// Refuse a module that some browser does not take: with relaxed instructions (Safari), or with
/// imports, which nobody would provide.
fn check(name: &str, bytes: &[u8]) -> Result<(), String> {
    let features = WasmFeatures::MVP
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS;
    Validator::new_with_features(features)
        .validate_all(bytes)
        .map_err(|error| format!("{name}: not for every browser: {error}"))?;
    for payload in Parser::new(0).parse_all(bytes) {
        if let Ok(Payload::ImportSection(section)) = payload
            && section.count() > 0
        {
            return Err(format!("{name}: there are {} imports", section.count()));
        }
    }
    if bytes.len() > MOST {
        return Err(format!("{name}: {} bytes are more than {MOST}", bytes.len()));
    }
    Ok(())
}

/// Check the modules of a folder and copy them to the explorer.
pub(crate) fn place(from: &Path, out: &Path) -> Result<String, String> {
    let mut words = String::new();
    for path in entries(from)?.iter().filter(|path| path.extension().is_some_and(|e| e == "wasm")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        check(&name, &bytes)?;
        words += &format!("; {name} {:.2} MB", bytes.len() as f64 / 1e6);
        write(&out.join("explorer").join(name), bytes)?;
    }
    if words.is_empty() {
        return Err(format!("{}: there is no module", from.display()));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with one function of the given instructions.
    fn module(instructions: &[u8]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]);
        let code = instructions.len() as u8 + 2;
        bytes.extend([10, code + 2, 1, code, 0]);
        bytes.extend(instructions);
        bytes.push(0x0b);
        bytes
    }

    #[test]
    fn relaxed_instructions_are_refused_and_plain_ones_taken() {
        let zero = |tail: &[u8]| [&[0xfd, 12][..], &[0; 16], tail].concat();
        check("plain", &module(&[])).unwrap();
        check("simd", &module(&zero(&[0x1a]))).unwrap();
        // i32x4.relaxed_trunc_f32x4_s is 0x101
        let refused = check("relaxed", &module(&zero(&[0xfd, 0x81, 0x02, 0x1a]))).unwrap_err();
        assert!(refused.contains("relaxed"), "{refused}");
        let import = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x07\x01\x01a\x01b\0\0";
        assert!(check("imports", import).unwrap_err().contains("1 imports"));
    }
}
