//! Links the shared library so that it stays in memory once loaded: hosts unload providers, and a thread's last
//! words, or a handler for fork, must not call into what is gone.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,relro,-z,now");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libsignpath_pkcs11.so");
}
