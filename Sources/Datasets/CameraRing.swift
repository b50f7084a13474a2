import Foundation
import NeuralFields

/// Where cameras stand around a point: how far away, how high, and on which sides.
package struct CameraRing: Sendable, Hashable, Codable {
  /// The point that distances and angles are seen from, scene units.
  package let centre: SIMD3<Float>

  /// Distances from the centre, scene units.
  package let minimumDistance: Float
  package let meanDistance: Float
  package let maximumDistance: Float

  /// Degrees above the horizontal plane; the world's up is +z.
  package let minimumElevation: Float
  package let maximumElevation: Float

  /// The shortest arc that holds all cameras, degrees about +z from the +x axis, counter-clockwise
  /// seen from above: from `firstAzimuth`, in −180…180, on over `azimuthArc`, at most 360.
  package let firstAzimuth: Float
  package let azimuthArc: Float

  /// How many cameras stand in which direction: 9 rows of 20° from the top down, each with 24 columns
  /// of 15° from −180° on.
  package let counts: [[Int]]

  /// - Precondition: there is a position.
  init(positions: [SIMD3<Float>], around centre: SIMD3<Float>) {
    precondition(!positions.isEmpty, "found no positions, expected at least one")
    self.centre = centre
    var distances: [Float] = []
    var elevations: [Float] = []
    var azimuths: [Float] = []
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 24), count: 9)
    for position in positions {
      let offset = position - centre
      let horizontal = (offset.x * offset.x + offset.y * offset.y).squareRoot()
      let elevation = atan2(offset.z, horizontal) * 180 / .pi
      let azimuth = atan2(offset.y, offset.x) * 180 / .pi
      distances.append(offset.length)
      elevations.append(elevation)
      azimuths.append(azimuth)
      counts[min(8, Int((90 - elevation) / 20))][min(23, Int((azimuth + 180) / 15))] += 1
    }
    minimumDistance = distances.min() ?? 0
    meanDistance = distances.reduce(0, +) / Float(distances.count)
    maximumDistance = distances.max() ?? 0
    minimumElevation = elevations.min() ?? 0
    maximumElevation = elevations.max() ?? 0
    (firstAzimuth, azimuthArc) = CameraRing.shortestArc(of: azimuths)
    self.counts = counts
  }

  /// The circle without the widest gap between neighbours.
  private static func shortestArc(of azimuths: [Float]) -> (first: Float, arc: Float) {
    let sorted = azimuths.sorted()
    var widest = (gap: sorted[0] + 360 - sorted[sorted.count - 1], first: sorted[0])
    for (left, right) in zip(sorted, sorted.dropFirst()) where right - left > widest.gap {
      widest = (right - left, right)
    }
    return (widest.first, 360 - widest.gap)
  }
}
