import ArgumentParser
import MendEngine

/// Which state a command is about.
struct StateOption: ParsableArguments {
    @Option(help: ArgumentHelp("The directory of the state, where it is not the usual one.", valueName: "dir"))
    var state: String?

    var directory: String { Places(socket: nil, state: state, environment: Environment.current).state }
    var file: StateFile { StateFile(directory + "/mend.db") }
}

/// Does what concerns a state, and says in one line why it could not.
func doing<Value>(_ body: () throws(StateError) -> Value) throws -> Value {
    do throws(StateError) {
        return try body()
    } catch {
        say("\(error)")
        throw ExitCode.failure
    }
}
