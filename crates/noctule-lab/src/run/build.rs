//! What computed the numbers: the build, and the kind of processor.

/// Names the sources, compiler and flags of this build; see `build.rs` of this crate.
pub fn id() -> &'static str {
    env!("NOCTULE_BUILD_ID")
}

/// The version of noctule.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The processor family and the vector extensions that the linear algebra chooses its kernels by.
/// Same build and same class: same bytes.
pub fn cpu_class() -> String {
    let class = std::env::consts::ARCH.to_owned();
    #[cfg(target_arch = "x86_64")]
    {
        let mut class = class;
        let features = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        for (name, _) in features.iter().filter(|(_, present)| *present) {
            class.push('+');
            class.push_str(name);
        }
        class
    }
    #[cfg(not(target_arch = "x86_64"))]
    class
}
