import Datasets
import Testing

@Suite("Shape colouring")
struct ShapeColouringTests {
  static let red: SIMD3<Float> = [1, 0, 0]
  static let blue: SIMD3<Float> = [0, 0, 1]

  @Test("checks alternate from cell to cell along every axis, and the origin is mid-cell")
  func checks() {
    let checks = ShapeColouring.checks(Self.red, Self.blue, cell: 0.5)
    for point in [[0, 0, 0], [0.24, -0.24, 0.24], [0.5, 0.5, 0], [1, 0, 0], [-0.5, 0, 0.5]]
      as [SIMD3<Float>]
    {
      #expect(checks.radiance(at: point) == Self.red, "at \(point)")
    }
    for point in [[0.26, 0, 0], [-0.26, 0, 0], [0, 0.5, 0], [0, 0, -0.5], [0.5, 0.5, 0.5]]
      as [SIMD3<Float>]
    {
      #expect(checks.radiance(at: point) == Self.blue, "at \(point)")
    }
  }

  @Test("stripes alternate along their axis alone", arguments: 0..<3)
  func stripes(axis: Int) {
    let stripes = ShapeColouring.stripes(Self.red, Self.blue, width: 0.5, axis: axis)
    var point = SIMD3<Float>(3.3, -7.1, 5.7)
    for (place, colour) in [(0, Self.red), (0.5, Self.blue), (-0.5, Self.blue), (-1, Self.red)]
      as [(Float, SIMD3<Float>)]
    {
      point[axis] = place
      #expect(stripes.radiance(at: point) == colour)
    }
  }

  @Test("a third of a turn takes red to green, green to blue and blue to red")
  func thirds() {
    for (from, to) in [
      ([1, 0, 0], [0, 1, 0]), ([0, 1, 0], [0, 0, 1]), ([0, 0, 1], [1, 0, 0]),
    ]
      as [(SIMD3<Float>, SIMD3<Float>)]
    {
      Self.expect(.plain(from).turned(byHue: 2 * .pi / 3), [to])
    }
  }

  @Test("greys keep their hue, and a whole turn changes nothing")
  func fixedPoints() {
    let grey: SIMD3<Float> = [0.3, 0.3, 0.3]
    #expect(ShapeColouring.plain(grey).turned(byHue: 1.3) == .plain(grey))
    let ochre: SIMD3<Float> = [0.8, 0.55, 0.2]
    for turn in [2 * Float.pi, -2 * Float.pi, 0] {
      Self.expect(
        .checks(ochre, Self.blue, cell: 1).turned(byHue: turn), [ochre, Self.blue])
    }
  }

  @Test("turning keeps the largest and smallest value, and turning back restores the colour")
  func inverse() {
    let ochre: SIMD3<Float> = [0.8, 0.55, 0.2]
    for turn in stride(from: Float(-3), through: 3, by: 0.5) {
      let turned = ShapeColouring.plain(ochre).turned(byHue: turn)
      guard case .plain(let colour) = turned else { continue }
      #expect(abs(colour.max() - 0.8) < 1e-6 && abs(colour.min() - 0.2) < 1e-6)
      Self.expect(turned.turned(byHue: -turn), [ochre])
    }
  }

  private static func expect(_ colouring: ShapeColouring, _ expected: [SIMD3<Float>]) {
    let found =
      switch colouring {
      case .plain(let colour): [colour]
      case .checks(let first, let second, _), .stripes(let first, let second, _, _):
        [first, second]
      }
    #expect(found.count == expected.count)
    for (colour, other) in zip(found, expected) {
      #expect(((colour - other) * (colour - other)).sum() < 1e-10, "\(colour), \(other)")
    }
  }
}
