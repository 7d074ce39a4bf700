import CProcess
import Glibc

/// The terminal as a screen of our own: what was on it before is back when it is left.
final class FullScreen {
    enum Wish {
        /// Draw again: the size has changed, or we were stopped.
        case redraw
        case end
    }

    /// The other screen, no cursor, and lines cut where they are too long for it (xterm's private modes).
    private static let enterSequence = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaveSequence = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private let signals: ForwardedSignals
    /// How the terminal was; nothing where what we read is none.
    private var before: termios?
    private var isEntered = false
    /// By which signal we were asked to end.
    private var ending: Int32?

    init() throws {
        signals = try ForwardedSignals(ForwardedSignals.ending + [SIGWINCH, SIGTSTP])
        enter()
    }

    private func enter() {
        var settings = termios()
        if isatty(0) == 1, tcgetattr(0, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(0, TCSADRAIN, &settings)
        }
        isEntered = true
        Self.write(Self.enterSequence)
    }

    /// Gives the terminal back, and ends as the signal ends programs that asked for it.
    func leave() {
        giveBack()
        guard let ending else { return }
        self.ending = nil
        signal(ending, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, ending)
        raise(ending)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    private func giveBack() {
        guard isEntered else { return }
        isEntered = false
        Self.write(Self.leaveSequence)
        if var before { tcsetattr(0, TCSADRAIN, &before) }
    }

    /// Where a terminal that is gone cannot be written on, what is drawn next says so.
    private static func write(_ text: String) { try? Screen.write(text, to: 1) }

    func draw(_ text: String) throws(OutputError) { try Screen.write(Self.frame(text), to: 1) }

    /// Lines, each over what stood there: a screen that is cleared first flickers.
    static func frame(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The end of the last line is no line of its own.
        let shown = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
        return "\u{1B}[H" + shown.joined(separator: "\u{1B}[K\n") + "\u{1B}[K\u{1B}[J"
    }

    /// Waits until a descriptor can be read, or so long; tells what the user wants, if anything.
    func wait(ms: Int64, or descriptor: Int32 = -1) -> Wish? {
        var waits = [signals.descriptor, before == nil ? -1 : 0, descriptor].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        guard poll(&waits, nfds_t(waits.count), Int32(clamping: ms)) > 0 else { return nil }
        if waits[1].revents != 0, endsByKey() { return .end }
        return wishOfSignals()
    }

    private func endsByKey() -> Bool {
        var key: UInt8 = 0
        let count = read(0, &key, 1)
        // Nobody is there any more where there is an end.
        return count == 0 || count == 1 && (key == UInt8(ascii: "q") || key == UInt8(ascii: "Q"))
    }

    private func wishOfSignals() -> Wish? {
        var wish: Wish?
        while let number = signals.next() {
            if ForwardedSignals.ending.contains(number) {
                ending = number
                return .end
            }
            if number == SIGTSTP { stop() }
            wish = .redraw
        }
        return wish
    }

    private func stop() {
        giveBack()
        raise(SIGSTOP)
        enter()
    }
}
