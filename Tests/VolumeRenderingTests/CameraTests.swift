import Foundation
import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Camera")
struct CameraTests {
  static let cameras = [
    Camera(lookingFrom: [4, 1, 2], at: .zero, horizontalFieldOfView: 0.7, width: 64, height: 48),
    Camera(
      lookingFrom: [0, 0, -3], at: [0, 0, 1], horizontalFieldOfView: 1.5, width: 31, height: 17),
    Camera(
      lookingFrom: [-2, 0.1, 0], at: [1, 2, -3], up: [0, 1, 0], horizontalFieldOfView: 0.1,
      width: 5, height: 9),
    Camera(
      orbitAzimuth: 2, elevation: -0.9, distance: 4, target: [1, 0, 0],
      horizontalFieldOfView: 0.9, width: 100, height: 50),
    Camera(
      orbitAzimuth: 0.3, elevation: .pi / 2, distance: 2, horizontalFieldOfView: 0.9, width: 20,
      height: 20),
    uneven,
  ]

  /// Pixels that are not square, and a principal point off the middle.
  static let uneven: Camera = {
    var camera = Camera(
      lookingFrom: [1, -4, 0.5], at: [0, 0, 0.2], horizontalFieldOfView: 0.8, width: 40, height: 30)
    (camera.focalY, camera.principalX, camera.principalY) = (71, 11.25, 24.5)
    return camera
  }()

  @Test("the axes are orthonormal and right-handed", arguments: cameras)
  func axes(camera: Camera) {
    for axis in [camera.right, camera.up, camera.backward] {
      #expect(abs(axis.length - 1) < 1e-6)
    }
    #expect(abs(camera.right.dot(camera.up)) < 1e-6)
    #expect((camera.right.cross(camera.up) - camera.backward).length < 1e-6)
  }

  @Test("an orbit whose distance is rounded away still looks along its direction")
  func tinyOrbit() {
    let camera = Camera(
      orbitAzimuth: 0, elevation: 0, distance: 1e-3, target: [1e6, 0, 0],
      horizontalFieldOfView: 1, width: 4, height: 4)
    #expect(camera.backward == [1, 0, 0] && camera.up == [0, 0, 1])
  }

  @Test("projection inverts direction", arguments: cameras)
  func projection(camera: Camera) throws {
    var random = SeededGenerator(seed: 1)
    let size = SIMD2(Float(camera.width), Float(camera.height))
    for _ in 0..<50 {
      let point = SIMD2(random.uniform(), random.uniform()) * size
      let direction = camera.direction(throughPoint: point)
      #expect(abs(direction.length - 1) < 1e-6)
      let distance = 0.5 + 5 * random.uniform()
      let found = try #require(camera.projection(of: camera.position + direction * distance))
      // A pixel is 1 / focal radians wide; a coordinate of 5 units is good to 5e-7.
      #expect((found - point).largestMagnitude < 3e-6 * max(camera.focalX, camera.focalY) + 1e-4)
    }
    #expect(camera.projection(of: camera.position + camera.backward) == nil)
    #expect(camera.projection(of: camera.position) == nil)
  }

  @Test("the target is seen in the middle, and up is upwards")
  func lookAt() throws {
    let camera = Self.cameras[0]
    let middle = try #require(camera.projection(of: .zero))
    #expect((middle - [32, 24]).largestMagnitude < 1e-4)
    let above = try #require(camera.projection(of: [0, 0, 0.5]))
    #expect(abs(above.x - 32) < 1e-4 && above.y < 23)
    // Looking along −x from +x with z up, the right hand points along +y.
    let front = Camera(
      lookingFrom: [3, 0, 0], at: .zero, horizontalFieldOfView: 1, width: 8, height: 8)
    #expect(
      (front.right - [0, 1, 0]).largestMagnitude < 1e-6
        && (front.up - [0, 0, 1]).largestMagnitude < 1e-6)
  }

  @Test(
    "an orbit is a look-at from the sphere",
    arguments: [0, 1, 2.5, -3] as [Float], [-1.4, -0.3, 0, 0.8, 1.5] as [Float])
  func orbit(azimuth: Float, elevation: Float) {
    let target: SIMD3<Float> = [0.2, -1, 0.5]
    let orbit = Camera(
      orbitAzimuth: azimuth, elevation: elevation, distance: 3, target: target,
      horizontalFieldOfView: 0.7, width: 40, height: 30)
    let direction: SIMD3<Float> = [
      cos(elevation) * cos(azimuth), cos(elevation) * sin(azimuth), sin(elevation),
    ]
    let lookAt = Camera(
      lookingFrom: target + direction * 3, at: target, horizontalFieldOfView: 0.7, width: 40,
      height: 30)
    for (a, b) in [
      (orbit.right, lookAt.right), (orbit.up, lookAt.up), (orbit.backward, lookAt.backward),
      (orbit.position, lookAt.position),
    ] {
      #expect((a - b).largestMagnitude < 1e-5)
    }
    #expect(orbit.focalX == lookAt.focalX && orbit.principalY == lookAt.principalY)
  }

  @Test("seen from a pole, the horizontal direction away from the viewer is up")
  func poles() {
    for elevation in [Float.pi / 2, -.pi / 2] {
      let camera = Camera(
        orbitAzimuth: 0, elevation: elevation, distance: 2, horizontalFieldOfView: 1, width: 4,
        height: 4)
      #expect((camera.up - [elevation > 0 ? -1 : 1, 0, 0]).largestMagnitude < 1e-5)
    }
  }

  @Test("a pixel's ray goes through its centre, half a pixel from its corner", arguments: cameras)
  func pixelCentre(camera: Camera) {
    let bound = BoundingBox(minimum: [-50, -50, -50], maximum: [50, 50, 50])
    let ray = camera.ray(throughColumn: 3, row: 2, within: bound)
    #expect(ray?.direction == camera.direction(throughPoint: [3.5, 2.5]))
    #expect(ray?.origin == camera.position)
  }

  @Test("the middle pixel of an odd picture looks straight ahead; corners are where they belong")
  func corners() {
    let camera = Self.cameras[1]
    #expect(
      (camera.direction(throughPoint: [15.5, 8.5]) + camera.backward).largestMagnitude < 1e-6)
    let topLeft = camera.direction(throughPoint: .zero)
    #expect(topLeft.dot(camera.right) < 0 && topLeft.dot(camera.up) > 0)
    let bottomRight = camera.direction(throughPoint: [31, 17])
    #expect(bottomRight.dot(camera.right) > 0 && bottomRight.dot(camera.up) < 0)
  }

  @Test(
    "the field of view is the angle across the width", arguments: [0.1, 0.7, 1.5, 2.8] as [Float])
  func fieldOfView(angle: Float) {
    let camera = Camera(
      lookingFrom: [4, 1, 2], at: .zero, horizontalFieldOfView: angle, width: 64, height: 16)
    let left = camera.direction(throughPoint: [0, 8])
    let right = camera.direction(throughPoint: [64, 8])
    let sine = left.cross(right).length
    #expect(abs(atan2(sine, left.dot(right)) - angle) < 1e-5)
  }

  @Test("a resized camera sees the same through the same share of the picture", arguments: cameras)
  func resized(camera: Camera) {
    let larger = camera.resized(width: camera.width * 3, height: camera.height * 2)
    #expect(larger.width == camera.width * 3 && larger.height == camera.height * 2)
    for point in [[0, 0], [1.5, 2.5], [4, 7.25]] as [SIMD2<Float>] {
      let difference =
        larger.direction(throughPoint: point * [3, 2]) - camera.direction(throughPoint: point)
      #expect(difference.length < 1e-6)
    }
    #expect(camera.resized(width: camera.width, height: camera.height) == camera)
  }
}
