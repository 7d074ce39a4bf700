import Glibc

/// The terminal that we were started on, lent to a command as a shell lends it to a job.
struct Terminal {
    private let ourGroup: pid_t

    /// Nothing where the command's standard input is none, or where we run in the background ourselves.
    static func ofForeground(_ input: InputReplay) -> Terminal? {
        guard case .inherited = input.source, isatty(0) == 1, tcgetpgrp(0) == getpgrp() else { return nil }
        return Terminal(ourGroup: getpgrp())
    }

    func takeBack() { tcsetpgrp(0, ourGroup) }

    /// Where the command was stopped at the terminal (Ctrl-Z), stops with it, and goes on with it.
    func stopWith(_ child: ChildProcess) {
        var info = siginfo_t()
        guard waitid(P_PID, id_t(child.pid), &info, WSTOPPED | WNOHANG) == 0, info.si_signo == SIGCHLD else { return }
        takeBack()
        raise(SIGSTOP)
        tcsetpgrp(0, child.pid)
        child.signal(SIGCONT)
    }
}

extension ChildEnd {
    /// The signal by which a terminal ended it: Ctrl-C, Ctrl-\, or it was closed.
    var terminalSignal: Int32? {
        guard case .signalled(let number) = self, [SIGINT, SIGQUIT, SIGHUP].contains(number) else { return nil }
        return number
    }
}

/// A command was interrupted (Ctrl-C), and we with it.
enum Interruption {
    /// It alone heard of it, because it had the terminal.
    case ofCommand
    /// We did, and passed it on.
    case ofUs

    /// Ends us by the signal itself: a shell ends the script around us only where it sees that, and got the signal too.
    func end() {
        signal(SIGINT, SIG_DFL)
        switch self {
        case .ofCommand: kill(0, SIGINT)
        case .ofUs: kill(getpid(), SIGINT)
        }
        var interrupt = sigset_t()
        sigemptyset(&interrupt)
        sigaddset(&interrupt, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
    }
}
