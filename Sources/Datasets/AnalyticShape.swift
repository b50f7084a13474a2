import NeuralFields

/// A solid with a closed-form signed distance, a density and colours: one part of an analytic scene.
///
/// A plain value without references, so that evaluating a batch touches no reference counts.
package struct AnalyticShape: Sendable, Equatable {
  /// What the solid is, in its own coordinates: centred on the origin, round about z.
  ///
  /// Lengths are scene units, > 0 unless said otherwise.
  package enum Geometry: Sendable, Equatable {
    case sphere(radius: Float)

    /// `rounding`: the radius of edges and corners, 0 … smallest half extent; it takes nothing from
    /// the extent.
    case box(halfExtent: SIMD3<Float>, rounding: Float)

    /// `radius` runs from the centre to the middle of the tube.
    case torus(radius: Float, tubeRadius: Float)

    /// Two half balls at z = ±`halfLength` and the cylinder between.
    case capsule(halfLength: Float, radius: Float)

    /// A cone cut flat at z = ±`halfLength`; one of the radii may be 0.
    case cone(halfLength: Float, bottomRadius: Float, topRadius: Float)

    /// A short cylinder; `rounding` as of the box.
    case disc(radius: Float, halfThickness: Float, rounding: Float)

    /// What lies between z = ±`halfThickness`, without end sideways.
    case slab(halfThickness: Float)

    /// What lies below z = 0.
    case halfSpace
  }

  package var geometry: Geometry

  /// Where the shape's own origin lies in the scene.
  package var centre: SIMD3<Float>

  /// The shape's own axes in scene coordinates, orthonormal.
  package var axisX: SIMD3<Float> = [1, 0, 0]
  package var axisY: SIMD3<Float> = [0, 1, 0]
  package var axisZ: SIMD3<Float> = [0, 0, 1]

  /// The density σ well inside, per scene unit, > 0.
  package var peakDensity: Float

  /// The width of the shell over which the density falls, scene units, ≥ 0.
  ///
  /// Half of it lies on either side of the surface. At 0 the density jumps.
  package var softness: Float

  package var colouring: ShapeColouring

  /// Whether its colour is seen in full, whatever the scene's light.
  package var glows: Bool

  /// A shape whose own axes are those of the scene.
  package init(
    geometry: Geometry, centre: SIMD3<Float>, peakDensity: Float, softness: Float,
    colouring: ShapeColouring, glows: Bool = false
  ) {
    self.geometry = geometry
    self.centre = centre
    self.peakDensity = peakDensity
    self.softness = softness
    self.colouring = colouring
    self.glows = glows
  }

  /// A scene point in the shape's own coordinates.
  package func localPosition(of point: SIMD3<Float>) -> SIMD3<Float> {
    let offset = point - centre
    return [offset.dot(axisX), offset.dot(axisY), offset.dot(axisZ)]
  }

  /// The density at a signed distance from the surface.
  ///
  ///     σ(d) = σ_peak · s(½ − d / w),   s(u) = u² (3 − 2u) for u clamped to [0, 1]
  ///
  /// with w the softness. s(u) + s(1 − u) = 1, so softening moves no density from a flat or
  /// diametral way through the shape: its optical depth stays σ_peak times its length.
  ///
  /// - Parameter distance: scene units, negative inside.
  package func density(atDistance distance: Float) -> Float {
    guard distance < 0.5 * softness else { return 0 }
    guard distance > -0.5 * softness else { return peakDensity }
    let u = 0.5 - distance / softness
    return peakDensity * u * u * (3 - 2 * u)
  }

  /// The radius of a ball about `centre` outside which the density is 0; infinite for planes.
  package var reach: Float {
    let radius: Float =
      switch geometry {
      case .sphere(let radius): radius
      case .box(let halfExtent, _): halfExtent.length
      case .torus(let radius, let tubeRadius): radius + tubeRadius
      case .capsule(let halfLength, let radius): halfLength + radius
      case .cone(let halfLength, let bottom, let top):
        SIMD3(halfLength, max(bottom, top), 0).length
      case .disc(let radius, let halfThickness, _): SIMD3(radius, halfThickness, 0).length
      case .slab, .halfSpace: .infinity
      }
    return radius + 0.5 * softness
  }

  /// The same shape with every length of its geometry multiplied.
  ///
  /// Softness and the cells of a pattern keep their size.
  ///
  /// - Parameter factor: > 0.
  package func scaled(by factor: Float) -> AnalyticShape {
    var shape = self
    shape.geometry =
      switch geometry {
      case .sphere(let radius): .sphere(radius: radius * factor)
      case .box(let halfExtent, let rounding):
        .box(halfExtent: halfExtent * factor, rounding: rounding * factor)
      case .torus(let radius, let tubeRadius):
        .torus(radius: radius * factor, tubeRadius: tubeRadius * factor)
      case .capsule(let halfLength, let radius):
        .capsule(halfLength: halfLength * factor, radius: radius * factor)
      case .cone(let halfLength, let bottom, let top):
        .cone(
          halfLength: halfLength * factor, bottomRadius: bottom * factor, topRadius: top * factor)
      case .disc(let radius, let halfThickness, let rounding):
        .disc(
          radius: radius * factor, halfThickness: halfThickness * factor,
          rounding: rounding * factor)
      case .slab(let halfThickness): .slab(halfThickness: halfThickness * factor)
      case .halfSpace: .halfSpace
      }
    return shape
  }
}
