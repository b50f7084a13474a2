import Foundation
import NeuralFields

/// The radiance of a shape by place: plain, checked or striped.
package enum ShapeColouring: Sendable, Equatable {
  /// Radiance: stored sRGB values in [0, 1].
  case plain(SIMD3<Float>)

  /// Cubes of edge `cell` that alternate along all three axes of the shape.
  ///
  /// The shape's origin is the middle of a cell of the first colour, so that a flat face through it,
  /// or a whole number of cells from it, never lies on a border between cells.
  case checks(SIMD3<Float>, SIMD3<Float>, cell: Float)

  /// Layers of thickness `width` that alternate along one axis of the shape, 0…2 for x…z; the
  /// shape's origin is in the middle of a layer of the first colour.
  case stripes(SIMD3<Float>, SIMD3<Float>, width: Float, axis: Int)

  /// - Parameter p: in the shape's own coordinates.
  package func radiance(at p: SIMD3<Float>) -> SIMD3<Float> {
    switch self {
    case .plain(let colour):
      return colour
    case .checks(let first, let second, let cell):
      let cells = (p / cell + 0.5).rounded(.down).sum()
      return isEven(cells) ? first : second
    case .stripes(let first, let second, let width, let axis):
      return isEven((p[axis] / width + 0.5).rounded(.down)) ? first : second
    }
  }

  /// The same pattern with each colour multiplied.
  ///
  /// - Parameter tint: in [0, 1]; white leaves everything as it is.
  package func tinted(_ tint: SIMD3<Float>) -> ShapeColouring {
    switch self {
    case .plain(let colour): .plain(colour * tint)
    case .checks(let first, let second, let cell):
      .checks(first * tint, second * tint, cell: cell)
    case .stripes(let first, let second, let width, let axis):
      .stripes(first * tint, second * tint, width: width, axis: axis)
    }
  }

  /// The same pattern with each colour's hue turned.
  ///
  /// - Parameter angle: radians on the colour circle: red, green and blue lie 2π/3 apart.
  package func turned(byHue angle: Float) -> ShapeColouring {
    switch self {
    case .plain(let colour):
      .plain(Self.turned(colour, byHue: angle))
    case .checks(let first, let second, let cell):
      .checks(Self.turned(first, byHue: angle), Self.turned(second, byHue: angle), cell: cell)
    case .stripes(let first, let second, let width, let axis):
      .stripes(
        Self.turned(first, byHue: angle), Self.turned(second, byHue: angle), width: width,
        axis: axis)
    }
  }

  /// Turns the hue in the hexagonal model (Smith 1978, https://doi.org/10.1145/800248.807361), which
  /// keeps the largest and the smallest of the three values: greys stay, and nothing leaves [0, 1].
  private static func turned(_ colour: SIMD3<Float>, byHue angle: Float) -> SIMD3<Float> {
    let largest = colour.max()
    let chroma = largest - colour.min()
    guard chroma > 0 else { return colour }
    let (red, green, blue) = (colour.x, colour.y, colour.z)
    // Sixths of the circle, 0 at red.
    var hue: Float =
      if largest == red {
        (green - blue) / chroma
      } else if largest == green {
        (blue - red) / chroma + 2
      } else {
        (red - green) / chroma + 4
      }
    hue += angle * 3 / .pi
    let channel = { (offset: Float) -> Float in
      let remainder = (offset + hue).truncatingRemainder(dividingBy: 6)
      let place = remainder < 0 ? remainder + 6 : remainder
      return largest - chroma * max(0, min(place, 4 - place, 1))
    }
    return [channel(5), channel(3), channel(1)]
  }

  private func isEven(_ value: Float) -> Bool {
    value - 2 * (value * 0.5).rounded(.down) == 0
  }
}
