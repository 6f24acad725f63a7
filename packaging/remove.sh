#!/bin/sh
# Runs before the package goes away, and before a new version takes its place: dpkg then says `upgrade`, rpm 1.
set -e

link=/etc/pkcs11/modules/signpath.module
case $1 in
    remove | 0)
        # Switched on by hand. Left behind, it would make every program with p11-kit complain.
        if [ "$(readlink "$link")" = /usr/share/signpath-pkcs11/signpath.module ]; then
            rm -f "$link"
        fi
        ;;
esac
