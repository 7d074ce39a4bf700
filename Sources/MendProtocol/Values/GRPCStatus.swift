/// gRPC's status codes, by their names.
enum GRPCStatus {
    /// As Go, C++ or Java write it (`Unavailable`, `UNAVAILABLE`, `DEADLINE_EXCEEDED`).
    static func number(of name: String) -> Int32? {
        numbers[name.uppercased().replacing("_", with: "")]
    }

    static func name(of number: Int32) -> String? {
        known.indices.contains(Int(number)) ? known[Int(number)] : nil
    }

    private static let numbers: [String: Int32] = {
        var numbers: [String: Int32] = ["CANCELED": 1]
        for (number, name) in known.enumerated() { numbers[name.replacing("_", with: "")] = Int32(number) }
        return numbers
    }()

    /// In the order of their numbers.
    static let known = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]
}
