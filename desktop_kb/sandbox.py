"""How a child confines itself before it reads the first file, or looks at the first picture.

On every system it lowers its priority; except on Windows it also allows itself no core dump, few open
files and only small written ones. On Linux, if the kernel offers it (no privileges or set-up needed),
Landlock forbids every change to the file system and every TCP connection, and a seccomp filter forbids
sockets, other programs and other processes. Code that runs later in the child cannot undo any of this.

A part that the system does not support is left out; `confine` returns which are in force. The extraction child
can still read every file that its user can read, since the parent gives it paths; the recognition child, which
is given pictures, can open none.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path
from typing import Final

_OPEN_FILES = 256
_FILE_BYTES = 2**20  # for systems without Landlock; not 0, since stderr may be a file

# https://docs.kernel.org/userspace-api/landlock.html
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # on every architecture
_CREATE_RULESET_VERSION = 1
#: All file system rights of each Landlock ABI, bit by bit: execute, write, read, read a folder, remove (2),
#: make (7), then refer (ABI 2), truncate (3), ioctl on devices (5). The ruleset handles all, or all but reading,
#: and has no rule that grants any, so what it handles is forbidden.
_FS_RIGHTS: Final = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_FS_READING = 0b1100
_NET_BIND_AND_CONNECT_TCP = 0b11  # from ABI 4
_SCOPE_SOCKETS_AND_SIGNALS = 0b11  # from ABI 6
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2

#: seccomp's number of the architecture, and the forbidden system calls: socket, connect, bind, listen,
#: execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup (which would get around
#: the filter), bpf, userfaultfd, perf_event_open, unshare, setns, mount, keyctl, pidfd_getfd.
_SYSCALLS: Final = {
    "x86_64": (
        0xC000003E,
        (41, 42, 49, 50, 59, 322, 101, 310, 311, 425, 321, 323, 298, 272, 308, 165, 250, 438),
    ),
    "aarch64": (
        0xC00000B7,
        (198, 203, 200, 201, 221, 281, 117, 270, 271, 425, 280, 282, 241, 97, 268, 40, 219, 438),
    ),
}
_X32 = 0x40000000  # system calls of x86-64's x32 ABI have this bit
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # EPERM is 1


def confine(*, reading: bool = True, last: bool = False) -> tuple[str, ...]:
    """Give up what reading a file does not need; returns what is in force: 'priority', 'limits',
    'landlock', 'seccomp'. Call it before a second thread is started.

    Args:
        reading: whether files may still be opened.
        last: whether every other program comes first, as nobody waits for the work.
    """
    in_force = ["priority"]
    _lower_priority(last)
    if sys.platform != "win32":
        _limit()
        in_force.append("limits")
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            in_force += ["landlock"] * _landlock(libc, reading) + ["seccomp"] * _seccomp(libc)
    return tuple(in_force)


def _lower_priority(last: bool) -> None:
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS if last else psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(19 if last else 10)


def _limit() -> None:
    import resource

    for kind, value in (
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def limit_memory(memory_bytes: int) -> None:
    """Limit this process's address space: a backstop behind the parent, which watches resident memory."""
    if sys.platform != "linux":
        return
    import resource

    # Twice the limit, since address space also holds mapped libraries and reserved arenas; on top of what
    # is mapped already, or a small limit would strike before the parent sees anything, and PDFium would
    # silently leave out what it has no memory for.
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    wanted = mapped + 2 * memory_bytes
    resource.setrlimit(
        resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )


def _landlock(libc: ctypes.CDLL, reading: bool) -> bool:
    """Forbid this thread, and those it starts, to change files and to speak TCP."""
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    if version < 1:
        return False
    rights = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= version)]
    if reading:
        rights &= ~_FS_READING
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", _NET_BIND_AND_CONNECT_TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPE_SOCKETS_AND_SIGNALS)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    done = bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Refuse some system calls with EPERM (https://docs.kernel.org/userspace-api/seccomp_filter.html)."""
    known = _SYSCALLS.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    architecture, forbidden = known
    count = len(forbidden)
    program = [
        _step(_LOAD, 4),  # the architecture
        _step(_IF_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, 0),  # the number of the call
        _step(_IF_AT_LEAST, _X32, count + 1, 0),
        # Jump offsets count from the next step: skip the remaining comparisons and ALLOW.
        *(_step(_IF_EQUAL, number, count - at, 0) for at, number in enumerate(forbidden)),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    steps = ctypes.create_string_buffer(b"".join(program))
    filter = struct.pack("@HP", len(program), ctypes.addressof(steps))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter, 0, 0) == 0)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of classic BPF."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
