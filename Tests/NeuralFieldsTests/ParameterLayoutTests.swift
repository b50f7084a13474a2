import NeuralFields
import TestSupport
import Testing

extension ParameterLayout {
  /// Whether the entries' names differ and their ranges follow each other without gap or overlap.
  var coversEveryParameterOnce: Bool {
    var end = 0
    for entry in entries {
      guard entry.offset == end, entry.count > 0 else { return false }
      end = entry.range.upperBound
    }
    return end == count && Set(entries.map(\.name)).count == entries.count
  }
}

@Suite("Parameter layout")
struct ParameterLayoutTests {
  @Test("tensors stand one after the other in the order they were added")
  func append() {
    var layout = ParameterLayout()
    #expect(layout.count == 0 && layout.entries.isEmpty)
    #expect(layout.append("a", 3, 4) == 0)
    #expect(layout.append("b", 5) == 12)
    #expect(layout.append("c", 2, 1) == 17)
    #expect(layout.count == 19)
    #expect(layout.entries.map(\.name) == ["a", "b", "c"])
    #expect(layout.entries.map(\.shape) == [[3, 4], [5], [2, 1]])
    #expect(layout.entries.map(\.range) == [0..<12, 12..<17, 17..<19])
    #expect(layout.coversEveryParameterOnce)
  }
}
