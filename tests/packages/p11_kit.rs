//! p11-kit finds the module when an administrator wants it, and not before.

use super::commands;
use super::root::Root;

#[test]
fn p11_kit_shows_the_token_once_it_is_switched_on_and_no_longer_when_it_is_off() {
    let root = Root::of(&["bookworm", "p11-kit"]);
    root.install("signpath-pkcs11");
    let shown = || root.shell("p11-kit list-modules").contains("token: SignPath");

    let as_installed = shown();
    root.shell(&commands::that_switches_p11_kit_on());
    let switched_on = shown();
    root.shell(&commands::that_switches_p11_kit_off());
    let switched_off = shown();

    assert_eq!((as_installed, switched_on, switched_off), (false, true, false));
}
