/// A pattern for names: `*` stands for any characters, `?` for one, everything else for itself.
package struct NamePattern {
  let text: String

  init(_ text: String) { self.text = text }

  var hasWildcards: Bool { text.contains { $0 == "*" || $0 == "?" } }

  /// Some names, with those that fit in place of each pattern with wildcards, every name once.
  ///
  /// A pattern that none fits stays as it is, and so do names without wildcards.
  package static func expand(_ patterns: [String], over names: [String]) -> [String] {
    var found: Set<String> = []
    return patterns.flatMap { text -> [String] in
      let pattern = NamePattern(text)
      let fitting =
        pattern.hasWildcards && !names.contains(text) ? names.filter(pattern.matches) : []
      return fitting.isEmpty ? [text] : fitting
    }.filter { found.insert($0).inserted }
  }

  /// Whether a whole name fits, in time proportional to the product of both lengths at most.
  func matches(_ name: String) -> Bool {
    let pattern = Array(text)
    let name = Array(name)
    var (position, index) = (0, 0)
    // Where the last star stood, and how much of the name it has swallowed so far: only the last
    // star ever has to be given more, since what comes before it has been matched as early as
    // possible.
    var lastStar: (position: Int, index: Int)?
    while index < name.count {
      if position < pattern.count, pattern[position] == "*" {
        lastStar = (position, index)
        position += 1
      } else if position < pattern.count,
        pattern[position] == "?" || pattern[position] == name[index]
      {
        position += 1
        index += 1
      } else if let star = lastStar {
        lastStar = (star.position, star.index + 1)
        position = star.position + 1
        index = star.index + 1
      } else {
        return false
      }
    }
    return pattern[position...].allSatisfy { $0 == "*" }
  }
}
