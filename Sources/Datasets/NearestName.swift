extension String {
  /// The name that was probably meant by a mistyped one.
  ///
  /// The distance counts insertions, deletions, replacements and swaps of neighbours (the optimal
  /// string alignment of Damerau 1964, https://doi.org/10.1145/363958.363994), upper case or lower.
  ///
  /// - Returns: the nearest of `names`, the first of equally near ones; nil where even that differs
  ///   in more than a third of its letters, at least one of which may always differ.
  package func nearest(among names: [String]) -> String? {
    guard utf8.count <= 64 else { return nil }
    let typed = Array(lowercased())
    var nearest: (name: String, distance: Int)?
    for name in names {
      let letters = Array(name.lowercased())
      let distance = alignmentDistance(typed, letters)
      guard distance <= max(1, max(typed.count, letters.count) / 3) else { continue }
      if distance < nearest?.distance ?? Int.max { nearest = (name, distance) }
    }
    return nearest?.name
  }
}

private func alignmentDistance(_ first: [Character], _ second: [Character]) -> Int {
  // Row i holds the distances of the first i letters of `first` from every beginning of `second`.
  var rows = [Array(0...second.count)]
  for i in 0..<first.count {
    var row = [i + 1]
    for j in 0..<second.count {
      let isSame = first[i] == second[j]
      var distance = min(rows[i][j] + (isSame ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
        distance = min(distance, rows[i - 1][j - 1] + 1)
      }
      row.append(distance)
    }
    rows.append(row)
  }
  return rows[first.count][second.count]
}
