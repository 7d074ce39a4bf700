extension Migrations {
    // What hours hold is packed into one row each, soon after it was summed: `counts` has, for each key of `report_keys`, the
    // lowest first, how far it is from the one before it, and its count, each followed by a space. `report_hours` has what
    // has not been packed yet; an hour may be in both, and its counts are then the sums.
    static let packedHours = """
        CREATE TABLE packed_report_hours (hour INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT;
        """
}
