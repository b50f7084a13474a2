/// Turning an analytic shape.
import Foundation
import NeuralFields

extension AnalyticShape {
  /// Turns the shape's axes about the scene's x axis, then y, then z; its centre stays.
  ///
  /// - Parameter degrees: counter-clockwise seen from the end of each axis. Quarter turns are exact.
  package mutating func rotate(by degrees: SIMD3<Float>) {
    rotate(by: degrees, around: centre)
  }

  /// Turns the shape, its centre included, about axes through a point, in the scene's directions: x,
  /// then y, then z.
  ///
  /// - Parameter degrees: counter-clockwise seen from the end of each axis. Quarter turns are exact.
  package mutating func rotate(by degrees: SIMD3<Float>, around pivot: SIMD3<Float>) {
    for axis in 0..<3 where degrees[axis] != 0 {
      let (cosine, sine) = exactCosineAndSine(ofDegrees: degrees[axis])
      let (first, second) = ((axis + 1) % 3, (axis + 2) % 3)
      func turned(_ vector: SIMD3<Float>) -> SIMD3<Float> {
        var result = vector
        result[first] = cosine * vector[first] - sine * vector[second]
        result[second] = sine * vector[first] + cosine * vector[second]
        return result
      }
      (axisX, axisY, axisZ) = (turned(axisX), turned(axisY), turned(axisZ))
      centre = pivot + turned(centre - pivot)
    }
  }

  /// Lays the shape's z axis along a direction, and x and y anyhow across it; for +z all three stay.
  ///
  /// - Parameter direction: unit length.
  package mutating func direct(along direction: SIMD3<Float>) {
    // The scene axis most across the direction keeps the cross product well away from zero; y comes
    // first, so that +z gives the scene's own axes.
    let across: SIMD3<Float> = abs(direction.y) < 0.7 ? [0, 1, 0] : [0, 0, 1]
    axisX = across.cross(direction).normalised
    axisY = direction.cross(axisX)
    axisZ = direction
  }
}

/// Cosine and sine, with none of π's rounding at multiples of 90°.
private func exactCosineAndSine(ofDegrees degrees: Float) -> (cosine: Float, sine: Float) {
  let quarters = (degrees / 90).rounded()
  let rest = Double(degrees - 90 * quarters) * .pi / 180
  let (cosine, sine) = (Float(cos(rest)), Float(sin(rest)))
  switch Int(quarters) & 3 {
  case 0: return (cosine, sine)
  case 1: return (-sine, cosine)
  case 2: return (-cosine, -sine)
  default: return (sine, -cosine)
  }
}
