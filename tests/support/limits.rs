//! Limits of this process, which has to be a test's own: they are not taken back.

/// Leaves no descriptor to be opened.
pub fn no_more_descriptors() {
    let next = unsafe { libc::dup(0) };
    unsafe { libc::close(next) };
    limit(libc::RLIMIT_NOFILE, next.try_into().unwrap());
}

/// Lets no file become larger: who writes more is told so, as if the disk were full.
pub fn no_larger_files(most: u64) {
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    limit(libc::RLIMIT_FSIZE, most);
}

fn limit(resource: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    assert_eq!(unsafe { libc::setrlimit(resource, &limit) }, 0);
}
