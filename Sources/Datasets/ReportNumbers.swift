import Foundation
import NeuralFields

/// Numbers as reports write them.
extension Float {
  /// The number with so many decimals; what rounds to zero has no sign.
  func text(decimals count: Int) -> String {
    let text = String(format: "%.\(count)f", Double(self))
    return text.contains { ("1"..."9").contains($0) } ? text : text.filter { $0 != "-" }
  }
}

extension Double {
  /// A share of one in percent, with one decimal.
  var percentage: String { String(format: "%.1f %%", self * 100) }
}

extension BoundingBox {
  /// The ranges of the three coordinates, with two decimals.
  var rangesText: String {
    ["x", "y", "z"].enumerated().map { axis, name in
      "\(name) \(minimum[axis].text(decimals: 2))…\(maximum[axis].text(decimals: 2))"
    }.joined(separator: ", ")
  }
}
