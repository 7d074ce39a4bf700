/// gRPC's status codes, by their names.
package enum GRPCStatus {
    /// As Go, C++ or Java write it (`Unavailable`, `UNAVAILABLE`, `DEADLINE_EXCEEDED`).
    package static func number(of name: String) -> Int32? {
        numbers[name.uppercased().replacing("_", with: "")]
    }

    package static func name(of number: Int32) -> String? {
        known.indices.contains(Int(number)) ? known[Int(number)] : nil
    }

    private static let numbers: [String: Int32] = {
        var numbers: [String: Int32] = ["CANCELED": 1]
        for (number, name) in known.enumerated() { numbers[name.replacing("_", with: "")] = Int32(number) }
        return numbers
    }()

    /// In the order of their numbers.
    package static let known = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]
}
