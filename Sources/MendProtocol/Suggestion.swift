/// What a misspelt word was probably meant to be: the nearest candidate, where at most a third of the letters differ. Of
/// equally near ones the first in alphabetical order.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let ranked = candidates.map { (distance: editDistance(word, $0), word: $0) }
    guard let best = ranked.min(by: { ($0.distance, $0.word) < ($1.distance, $1.word) }) else { return nil }
    return best.distance <= max(1, word.count / 3) ? best.word : nil
}

/// How many letters must be inserted, removed, replaced or exchanged with their neighbour. Only the first 64 count: the
/// work grows with the product of the lengths.
package func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().prefix(64))
    let right = Array(right.lowercased().prefix(64))
    var rows = [Array(0...right.count)]
    for (i, letter) in left.enumerated() {
        var row = [i + 1]
        for (j, other) in right.enumerated() {
            var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
            if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                cost = min(cost, rows[i - 1][j - 1] + 1)
            }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
