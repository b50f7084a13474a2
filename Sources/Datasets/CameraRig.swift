import NeuralFields
import VolumeRendering

/// How a scene's cameras stand to one another, and what they look at together.
struct CameraRig {
  let cameras: [Camera]

  /// The point nearest to all optical axes, in least squares.
  ///
  ///     Σ (I − d dᵀ) x = Σ (I − d dᵀ) p      over positions p and unit view directions d
  ///
  /// Nil where the axes are nearly parallel, so that it would be anywhere along them, or where it
  /// lies behind a tenth of the cameras, so that they look away from each other.
  let meetingPoint: SIMD3<Float>?

  let meanPosition: SIMD3<Float>

  /// - Precondition: there is a camera.
  init(_ cameras: [Camera]) {
    precondition(!cameras.isEmpty, "found no camera, expected at least one")
    self.cameras = cameras
    let count = Double(cameras.count)
    var mean = SIMD3<Double>()
    for camera in cameras { mean += SIMD3<Double>(camera.position) / count }
    meanPosition = SIMD3<Float>(mean)

    // Positions relative to their mean keep the sums small next to what they are to tell.
    var rows = [SIMD3<Double>](repeating: .zero, count: 3)
    var right = SIMD3<Double>()
    for camera in cameras {
      let direction = SIMD3<Double>(camera.backward)
      let position = SIMD3<Double>(camera.position) - mean
      let along = (direction * position).sum()
      right += (position - direction * along) / count
      for axis in 0..<3 {
        var unit = SIMD3<Double>()
        unit[axis] = 1
        rows[axis] += (unit - direction * direction[axis]) / count
      }
    }
    let determinant = rows[0].tripleProduct(rows[1], rows[2])
    // About the squared sine of the axes' mean angle to their common direction: ten degrees.
    guard determinant > 0.03 else {
      meetingPoint = nil
      return
    }
    var solution = SIMD3<Double>()
    for axis in 0..<3 {
      var replaced = rows
      // The matrix is symmetric: its rows are its columns, as Cramer's rule wants them.
      replaced[axis] = right
      solution[axis] = replaced[0].tripleProduct(replaced[1], replaced[2]) / determinant
    }
    let point = SIMD3<Float>(solution + mean)
    let inFront = cameras.count { ($0.position - point).dot($0.backward) > 0 }
    meetingPoint = Double(inFront) >= 0.9 * count ? point : nil
  }

  /// The distances of the cameras from a point, scene units.
  func distances(from point: SIMD3<Float>) -> [Float] {
    cameras.map { ($0.position - point).length }
  }

  /// Depths between which cameras side by side can tell depth at all, scene units.
  ///
  /// Cameras that are up to 2 R apart see a point at depth z shifted by a share 2 R f / (w z) of the
  /// picture. Where that is more than the whole picture they no longer see the same things; where it
  /// is less than a tenth, what is farther looks the same from all of them and can be drawn there.
  ///
  ///     z = 2 R f / w · 1 … 2 R f / w · 10
  ///
  /// Cameras at one place see no depth, and any scale explains them: 1…10 is returned.
  var parallaxRange: ClosedRange<Float> {
    let radius = distances(from: meanPosition).max() ?? 0
    let focalLengths = cameras.map { $0.focalX / Float($0.width) }
    let relativeFocalLength = focalLengths.reduce(0, +) / Float(focalLengths.count)
    let near = 2 * radius * relativeFocalLength
    return near > 1e-4 ? near...near * 10 : 1...10
  }

  /// The box around what the cameras frame between two depths.
  func frustumBox(_ depths: ClosedRange<Float>) -> BoundingBox {
    var minimum = SIMD3<Float>(repeating: .infinity)
    var maximum = -minimum
    for camera in cameras {
      for corner in camera.corners {
        for depth in [depths.lowerBound, depths.upperBound] {
          let point = camera.position + corner * depth
          minimum = pointwiseMin(minimum, point)
          maximum = pointwiseMax(maximum, point)
        }
      }
    }
    return BoundingBox(atLeastAround: minimum, maximum)
  }
}

extension Camera {
  /// The world directions of the picture's four corners, of length 1 along the optical axis.
  fileprivate var corners: [SIMD3<Float>] {
    [(0, 0), (width, 0), (0, height), (width, height)].map { column, row in
      let x = (Float(column) - principalX) / focalX
      let y = (Float(row) - principalY) / focalY
      return right * x - up * y - backward
    }
  }

  /// The tangent of the widest angle between the optical axis and a ray of the picture.
  var widestTangent: Float {
    corners.map { ($0 + backward).length }.max() ?? 0
  }
}
