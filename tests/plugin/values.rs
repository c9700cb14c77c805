//! Vectors, rotations and colours: as values, and in components.

use bevy::color::palettes::css;
use bevy::prelude::*;
use deimos::testing::TestApp;

#[derive(Component, Reflect, Clone, Debug, PartialEq, Default)]
#[reflect(Component)]
struct Shapes {
    flat: Vec2,
    space: Vec3,
    aligned: Vec3A,
    four: Vec4,
    cell: IVec2,
    size: UVec3,
    turn: Quat,
    paint: Color,
    glow: LinearRgba,
    list: Vec<Vec3>,
}

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
struct Facing(Dir3);

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
struct Speed(f32);

/// Runs a script on an entity with all shapes, and gives back what they are then.
fn run(source: &str) -> (Shapes, Transform, Facing) {
    let mut app = TestApp::new();
    let components = (Shapes::default(), Transform::default(), Facing(Dir3::X), Speed(2.0));
    let entity = app.run_on(&format!("{PRELUDE}{source}"), components);
    app.frame();
    assert!(app.errors().is_empty(), "{source}: {:?}", app.errors());
    let world = app.world();
    let found = world.entity(entity);
    let shapes = found.get::<Shapes>().cloned();
    let transform = found.get::<Transform>().copied();
    let facing = found.get::<Facing>().cloned();
    (shapes.unwrap_or_default(), transform.unwrap_or_default(), facing.unwrap_or(Facing(Dir3::X)))
}

/// Helps scripts to compare.
const PRELUDE: &str = "
    local function near(a, b) assert(math.abs(a - b) < 1e-5, a .. ' is not near ' .. b) end
    local function same(a, b) assert(a == b, tostring(a) .. ' is not ' .. tostring(b)) end
    local function close(a, b) assert(a:is_near(b, 1e-5), tostring(a) .. ' is not near ' .. tostring(b)) end
    local shapes, t, facing = self.Shapes, self.Transform, self.Facing
";

/// The error of a statement.
fn error(source: &str) -> String {
    let mut app = TestApp::new();
    let components = (Shapes::default(), Transform::default(), Facing(Dir3::X), Speed(2.0));
    app.run_on(&format!("local shapes, t, facing = self.Shapes, self.Transform, self.Facing  {source}"), components);
    app.frame();
    match app.errors() {
        [error] => error.message.clone(),
        errors => panic!("{source}: {errors:?}"),
    }
}

#[track_caller]
fn check_error(source: &str, expected: &str) {
    let message = error(source);
    assert!(message.contains(expected), "{source}\n  says: {message}\n  not: {expected}");
}

#[test]
fn constructors() {
    run("
        same(tostring(vec3(1, 2.5, -3)), 'vec3(1, 2.5, -3)')
        same(tostring(vec2(7)), 'vec2(7, 7)')
        same(vec3{x = 1, z = 3}, vec3(1, 0, 3))
        same(vec3{1, 2, 3}, vec3(1, 2, 3))
        same(vec3(vec2(1, 2), 3), vec3(1, 2, 3))
        same(vec4(1, vec2(2, 3), 4), vec4(1, 2, 3, 4))
        same(vec4(vec3(1, 2, 3), 4), vec4(1, 2, 3, 4))
        same(vec3(vec3(1, 2, 3)), vec3(1, 2, 3))
        same(vec3(ivec3(1, 2, 3)), vec3(1, 2, 3))
        same(ivec2(vec2(1, -2)), ivec2(1, -2))
        same(tostring(ivec2(3.0, -4)), 'ivec2(3, -4)')
        same(tostring(uvec4(4294967295)), 'uvec4(4294967295, 4294967295, 4294967295, 4294967295)')
        same(quat(0, 0, 0, 1), quat.IDENTITY)
        same(quat{z = 0.5}.w, 1)
        same(vec3(t.scale), vec3.ONE)
        assert(vec3.is(vec3.ONE) and vec3.is(t.scale) and not vec3.is(vec2.ONE) and not vec3.is(nil))
    ");
}

#[test]
fn texts() {
    run("
        same(tostring(vec2(0.1, 1e20)), 'vec2(0.1, 1e20)')
        same(tostring(vec2(1/0, 0/0)):lower(), 'vec2(inf, nan)')
        same(tostring(vec2(1e-7, -0.0)), 'vec2(1e-7, -0)')
        same(tostring(quat.IDENTITY), 'quat(0, 0, 0, 1)')
        same(tostring(color('red')), 'color(1, 0, 0, 1)')
        same(tostring(t.scale), 'vec3(1, 1, 1)')
    ");
}

#[test]
fn parts_and_swizzles() {
    run("
        local v = vec4(1, 2, 3, 4)
        same(v.x + v.y * 10 + v.z * 100 + v.w * 1000, 4321.0)
        same(v.xy, vec2(1, 2))
        same(v.zyx, vec3(3, 2, 1))
        same(v.wwww, vec4(4))
        same(ivec3(1, 2, 3).zx, ivec2(3, 1))
        same(math.type(ivec3(1, 2, 3).z), 'integer')
        same(color(1, 0.5, 0).rgb, vec3(1, 0.5, 0))
        same(quat.IDENTITY.xyz, vec3.ZERO)
        t.translation = vec3(1, 2, 3)
        same(t.translation.zy, vec2(3, 2))
        same(v:with{x = 9, w = 8}, vec4(9, 2, 3, 8))
        local x, y, z = vec3(1, 2, 3):unpack()
        same(x + y + z, 6)
        same(v:to_table().w, 4)
        same(#v:to_list(), 4)
    ");
}

#[test]
fn operators() {
    run("
        local a, b = vec3(1, 2, 3), vec3(4, 5, 6)
        same(a + b, vec3(5, 7, 9))
        same(b - a, vec3(3))
        same(a * b, vec3(4, 10, 18))
        same(b / vec3(2), vec3(2, 2.5, 3))
        same(a * 2, vec3(2, 4, 6))
        same(2 * a, vec3(2, 4, 6))
        same(6 / a, vec3(6, 3, 2))
        same(10 - a, vec3(9, 8, 7))
        same(-a, vec3(-1, -2, -3))
        same(vec3(-1, 5, 7) % 3, vec3(2, 2, 1))
        same(vec2(7, -7) // 2, vec2(3, -4))
        assert(a ~= b and a == vec3(1, 2, 3) and a ~= vec2(1, 2) and a ~= 1)
        same(ivec3(1, 2, 3), a)
        same(ivec2(7, -7) // 2, ivec2(3, -4))
        same(ivec2(7, -7) % 3, ivec2(1, 2))
        same(tostring(ivec2(7, -7) / 2), 'vec2(3.5, -3.5)')
        same(tostring(ivec2(1, 2) + 1), 'ivec2(2, 3)')
        same(tostring(ivec2(1, 2) * 0.5), 'vec2(0.5, 1)')
        same(tostring(uvec2(5, 6) - 5), 'uvec2(0, 1)')
        same(tostring(uvec2(5, 6) + -1), 'uvec2(4, 5)')
        same(tostring(2 - ivec2(1, 2)), 'ivec2(1, 0)')
        close(quat.z(math.pi / 2) * vec3.X, vec3.Y)
        close(quat.z(math.pi / 2) * quat.z(math.pi / 2) * vec3.X, -vec3.X)
        same(color(0.5, 0.25, 0.5) * 2, color(1, 0.5, 1, 2))
    ");
}

#[test]
fn methods_of_vectors() {
    run("
        local a, b = vec3(1, 2, 2), vec3(3, 0, 4)
        same(a:dot(b), 11.0)
        same(a:length(), 3.0)
        same(b:length_squared(), 25.0)
        same(vec3.X:cross(vec3.Y), vec3.Z)
        same(vec2.X:cross(vec2.Y), 1.0)
        close(b:normalize(), vec3(0.6, 0, 0.8))
        same(vec3.ZERO:normalize(), vec3.ZERO)
        same(vec3(1e30):normalize():is_normalized(), true)
        same(a:distance(vec3(1, 2, 7)), 5.0)
        same(a:distance_squared(vec3(1, 2, 7)), 25.0)
        same(a:lerp(b, 0.5), vec3(2, 1, 3))
        same(a:midpoint(b), vec3(2, 1, 3))
        same(a:min(b), vec3(1, 0, 2))
        same(a:max(2), vec3(2))
        same(vec3(-1.5, 1.5, 2.7):floor(), vec3(-2, 1, 2))
        same(vec3(-1.5, 1.5, 2.2):ceil(), vec3(-1, 2, 3))
        same(vec3(-1.5, 1.5, 2.2):round(), vec3(-2, 2, 2))
        same(vec3(-1.5, 1.5, 2.5):abs(), vec3(1.5, 1.5, 2.5))
        same(vec3(-1.5, 0, 2.5):sign(), vec3(-1, 0, 1))
        same(vec3(-5, 0.5, 5):clamp(0, 1), vec3(0, 0.5, 1))
        same(vec3(5):clamp(3, 1), vec3(1))
        close(vec3(3, 0, 4):clamp_length(1), vec3(0.6, 0, 0.8))
        close(vec3(3, 0, 4):clamp_length(10, 20), vec3(6, 0, 8))
        same(vec3.ZERO:clamp_length(1, 2), vec3.ZERO)
        near(vec2.X:angle_to(vec2.Y), math.pi / 2)
        near(vec2.Y:angle_to(vec2.X), -math.pi / 2)
        near(vec3.X:angle_to(-vec3.X), math.pi)
        close(vec2.X:rotate(math.pi / 2), vec2.Y)
        close(vec3.X:rotate(quat.y(math.pi / 2)), vec3.NEG_Z)
        close(vec3.X:rotate_z(math.pi / 2), vec3.Y)
        close(vec3.X:rotate_axis(vec3.Z * 9, math.pi / 2), vec3.Y)
        close(vec2(1, -1):reflect(vec2.Y), vec2(1, 1))
        same(vec2(3, 4):project_onto(vec2.X), vec2(3, 0))
        same(vec2(3, 4):reject_from(vec2.X), vec2(0, 4))
        same(vec2(3, 4):project_onto(vec2.ZERO), vec2.ZERO)
        same(vec2(1, 2):extend(3), vec3(1, 2, 3))
        same(vec3(1, 2, 3):truncate(), vec2(1, 2))
        same(vec4(1, 2, 3, 4):truncate(), vec3(1, 2, 3))
        same(vec2(1, 2):perp(), vec2(-2, 1))
        same(vec2.ZERO:move_towards(vec2(10, 0), 3), vec2(3, 0))
        same(vec2.ZERO:move_towards(vec2(2, 0), 3), vec2(2, 0))
        same(vec2.ZERO:move_towards(vec2.ZERO, 0), vec2.ZERO)
        near(vec2.from_angle(1):to_angle(), 1)
        same(vec2(1.3, 2.6):snap(0.5), vec2(1.5, 2.5))
        close(vec2.X:rotate_towards(vec2.Y, 10), vec2.Y)
        close(vec2.Y:rotate_towards(vec2.X, math.pi / 2), vec2.X)
        close(vec3.X:rotate_towards(vec3.NEG_X, 10), vec3.NEG_X)
        near(vec3(1, 2, 3):any_orthonormal():dot(vec3(1, 2, 3)), 0)
        same(vec3.dot(a, b), 11.0)
        same(vec3(3, 1, 2):max_element() + vec3(3, 1, 2):min_element(), 4.0)
        same(vec3(3, 1, 2):sum(), 6.0)
        assert(vec3(0/0):is_nan() and not vec3(1/0):is_finite())
        close(vec2.ZERO:smooth_nudge(vec2(8, 0), math.log(2), 1), vec2(4, 0))
    ");
}

#[test]
fn methods_of_integer_vectors() {
    run("
        local a = ivec2(3, -4)
        same(a:length(), 5.0)
        same(a:length_squared(), 25)
        same(math.type(a:dot(a)), 'integer')
        same(a:abs(), ivec2(3, 4))
        same(a:manhattan_distance(ivec2(0, 0)), 7)
        same(a:chebyshev_distance(ivec2(0, 0)), 4)
        same(uvec2(1, 2):distance_squared(uvec2(3, 4)), 8)
        same(a:max(0), ivec2(3, 0))
        same(a:clamp(-1, 1), ivec2(1, -1))
        same(tostring(vec2(-1.7, 1.7):as_ivec()), 'ivec2(-1, 1)')
        same(tostring(vec2(-1.7, 1e20):as_uvec()), 'uvec2(0, 4294967295)')
        same(tostring(a:as_vec()), 'vec2(3, -4)')
        same(tostring(vec2(0/0):as_ivec()), 'ivec2(0, 0)')
        same(ivec4.MAX:dot(ivec4.MAX), 4.0 * 2147483647.0 * 2147483647.0)
        same(uvec2.MAX:sum(), 2 * 4294967295)
        same(tostring(a:extend(5)), 'ivec3(3, -4, 5)')
    ");
}

#[test]
fn rotations() {
    run("
        local q = quat.euler(0.1, 0.2, 0.3)
        local x, y, z = q:to_euler()
        near(x, 0.1) near(y, 0.2) near(z, 0.3)
        close(q, quat.x(0.1) * quat.y(0.2) * quat.z(0.3))
        close(quat.euler(0.1, 0.2, 0.3, 'YXZ'), quat.y(0.2) * quat.x(0.1) * quat.z(0.3))
        x, y, z = quat.euler(0.1, 0.2, 0.3, 'ZXY'):to_euler('ZXY')
        near(x, 0.1) near(y, 0.2) near(z, 0.3)
        local axis, angle = quat.axis_angle(vec3(0, 2, 0), 1):to_axis_angle()
        close(axis, vec3.Y) near(angle, 1)
        close(quat.axis_angle(vec3.ZERO, 1), quat.IDENTITY)
        close(q * q:inverse(), quat.IDENTITY)
        close(quat.IDENTITY:slerp(quat.z(1), 0.5), quat.z(0.5))
        close(quat.z(0.1):slerp(quat.z(0.1001), 0.5), quat.z(0.10005))
        close(quat.IDENTITY:slerp(-quat.z(1), 0.5), quat.z(0.5))
        close(quat.IDENTITY:lerp(quat.z(1), 0.5), quat.z(0.5))
        near(quat.z(0.25):angle_between(quat.z(1)), 0.75)
        close(quat.IDENTITY:rotate_towards(quat.z(1), 0.25), quat.z(0.25))
        close(quat.between(vec3.X, vec3.Y) * vec3.X, vec3.Y)
        close(quat.between(vec3.X, vec3.NEG_X) * vec3.X, vec3.NEG_X)
        close(quat.between(vec3.ZERO, vec3.X), quat.IDENTITY)
        close(quat.look_to(vec3(1, 2, 3)):forward(), vec3(1, 2, 3):normalize())
        close(quat.look_to(vec3.Y):forward(), vec3.Y)
        close(quat.look_to(vec3.ZERO), quat.IDENTITY)
        near(quat.look_to(vec3(1, 0, 3)):right().y, 0)
        same(quat(0, 0, 0, 0):normalize(), quat.IDENTITY)
        close(quat(0, 0, 0, 0):inverse(), quat.IDENTITY)
        close(quat(0, 0, 0, 2):normalize(), quat.IDENTITY)
    ");
    // What Bevy's own transform makes of it.
    let (_, transform, _) = run("t.rotation = quat.look_to(vec3(1, 2, 3), vec3(0, 1, 1))");
    let expected = Transform::default().looking_to(Vec3::new(1.0, 2.0, 3.0), Vec3::new(0.0, 1.0, 1.0));
    assert!(transform.rotation.abs_diff_eq(expected.rotation, 1e-5));
}

#[test]
fn colors() {
    run("
        same(color.hex('#ff8000'):to_hex(), '#FF8000')
        same(color('#f80'):to_hex(), '#FF8800')
        near(color.hex('ff000080').a, 128 / 255)
        same(color('rebecca-purple'), color.REBECCA_PURPLE)
        same(color('transparent').a, 0.0)
        close(color.hsl(120, 1, 0.5), color.rgb(0, 1, 0))
        close(color.hsl(0, 1, 0.5, 0.25), color(1, 0, 0, 0.25))
        same(color.WHITE.r, 1.0)
        same(color.RED:mix(color.BLUE, 0.5), color(0.5, 0, 0.5))
        assert(color.GRAY:lighten(0.1):luminance() > color.GRAY:luminance())
        assert(color.GRAY:darken(0.1):luminance() < color.GRAY:luminance())
        same(color.RED:with_alpha(0.5):alpha(), 0.5)
        same(color.RED:with{a = 0.5, g = 1}, color(1, 1, 0, 0.5))
        same(color(vec3(1, 0, 0)), color.RED)
        same(color(vec3(1, 0, 0), 1), color.RED)
        same(color{r = 1}, color.RED)
        same(color{1, 0, 0}, color.RED)
        local h, s, l, a = color.RED:to_hsl()
        near(h, 0) near(s, 1) near(l, 0.5) same(a, 1.0)
    ");
}

#[test]
fn values_in_components() {
    let (shapes, transform, facing) = run("
        t.translation = vec3(1, 2, 3)
        t.translation = t.translation + vec3.X * 2
        t.translation.y = 7
        t.scale = {2, 3, 4}
        t.scale = {y = 9}
        t.rotation = quat.z(1)
        shapes.flat = t.translation.zy
        shapes.space = t.scale
        shapes.aligned = vec3(1, 2, 3)
        shapes.four = vec4(1, 2, 3, 4)
        shapes.cell = vec2(3, -4)
        shapes.size = ivec3(1, 2, 3)
        shapes.turn = t.rotation
        shapes.paint = '#ff0000'
        shapes.paint.g = 1
        shapes.glow = color.WHITE
        facing[1] = vec3(0, 0, 5)
        same(shapes.paint.r, 1.0)
        same(shapes.paint.rgb, vec3(1, 1, 0))
        same(facing[1].z, 1.0)
        same(facing[1]:dot(vec3.Z), 1.0)
    ");
    assert_eq!(transform.translation, Vec3::new(3.0, 7.0, 3.0));
    assert_eq!(transform.scale, Vec3::new(2.0, 9.0, 4.0));
    assert_eq!(shapes.flat, Vec2::new(3.0, 7.0));
    assert_eq!(shapes.space, Vec3::new(2.0, 9.0, 4.0));
    assert_eq!(shapes.aligned, Vec3A::new(1.0, 2.0, 3.0));
    assert_eq!(shapes.four, Vec4::new(1.0, 2.0, 3.0, 4.0));
    assert_eq!(shapes.cell, IVec2::new(3, -4));
    assert_eq!(shapes.size, UVec3::new(1, 2, 3));
    assert_eq!(shapes.turn, transform.rotation);
    assert_eq!(shapes.paint, Color::Srgba(css::YELLOW));
    assert_eq!(shapes.glow, LinearRgba::WHITE);
    assert_eq!(facing, Facing(Dir3::Z));
}

#[test]
fn references_compute_like_values() {
    run("
        t.translation = vec3(3, 0, 4)
        local p = t.translation
        same(p:length(), 5.0)
        same(p + p, vec3(6, 0, 8))
        same(p * 2, vec3(6, 0, 8))
        same(2 * p, vec3(6, 0, 8))
        same(vec3.ONE + p, vec3(4, 1, 5))
        same(-p, vec3(-3, 0, -4))
        same(p, vec3(3, 0, 4))
        same(vec3(3, 0, 4), p)
        same(t.rotation * vec3.X, vec3.X)
        same(p:distance(t.scale), math.sqrt(4 + 1 + 9))
        same(vec3.ONE:dot(p), 7.0)
        local home = p:copy()
        p.x = 9
        same(home, vec3(3, 0, 4))
        same(p.x, 9.0)
        assert(t.scale ~= t.translation)
        t.scale = t.translation
        assert(t.scale == t.translation)
        same(shapes.glow:with_alpha(0.5):alpha(), 0.5)
    ");
}

#[test]
fn a_color_keeps_its_space() {
    let mut app = TestApp::new();
    let paint = Color::hsl(200.0, 0.3, 0.7);
    let shapes = Shapes { paint, ..default() };
    let entity = app.run_on("self.Shapes.paint = self.Shapes.paint:copy()  self.Shapes.paint.a = 0.5", shapes);
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let paint = app.world().get::<Shapes>(entity).map(|shapes| shapes.paint);
    assert_eq!(paint, Some(Color::hsla(200.0, 0.3, 0.7, 0.5)));
}

#[test]
fn only_a_real_change_counts() {
    #[derive(Resource, Default)]
    struct Seen(usize);

    let mut app = TestApp::new();
    app.world().init_resource::<Seen>();
    app.app().add_systems(Last, |changed: Query<'_, '_, (), Changed<Transform>>, mut seen: ResMut<'_, Seen>| {
        seen.0 += changed.iter().count();
    });
    app.run_on(
        "wait() self.Transform.scale = vec3.ONE  wait() self.Transform.scale = {x = 1}  wait() self.Transform.scale = vec3(2)",
        Transform::default(),
    );
    app.frames(3);
    assert_eq!(app.world().resource::<Seen>().0, 1, "the spawn alone");
    app.frames(3);
    assert_eq!(app.world().resource::<Seen>().0, 2);
}

#[test]
fn errors_say_what_to_write() {
    check_error("vec3(1, 2, 'a')", "bad argument #3 to 'vec3' (number or vector expected, got string)");
    check_error("vec3(1, 2)", "cannot make a vec3: it wants 3 numbers, as in vec3(x, y, z), got 2");
    check_error("vec3(vec2.ONE)", "cannot make a vec3: it wants a vec3, got a vec2: v:extend(n) adds a part");
    check_error("vec2(vec3.ONE)", "v.xy takes parts of it");
    check_error("vec3()", "it wants 3 numbers, as in vec3(x, y, z), got 0");
    check_error("vec3(nil)", "it wants a vec3, got nil: write vec3(x, y, z)");
    check_error("vec3{x = 1, q = 2}", "a vec3 has no 'q'; its parts are x, y, z");
    check_error("vec3{1, 2}", "it wants a list of 3 numbers, got 2");
    check_error("vec3{1, 2, 3, x = 1}", "not both");
    check_error("vec3{x = 'a'}", "x is a string, not a number");
    check_error("ivec2(1.5, 2)", "x is 1.5, and an ivec2 holds integers");
    check_error("ivec2(1, 3e9)", "y is 3000000000, and an ivec2 holds -2147483648 to 2147483647");
    check_error("uvec2(-1, 0)", "x is -1, and a uvec2 holds 0 to 4294967295");
    check_error("local v = uvec2(1, 1) - uvec2(2, 0)", "uvec2(1, 1) - uvec2(2, 0): x is -1");
    check_error("local v = ivec2(1, 1) // 0", "attempt to perform 'ivec2(1, 1) // 0'");
    check_error("local v = -ivec2.MIN", "x is 2147483648");
    check_error("local v = vec3.ONE + vec2.ONE", "cannot compute vec3 + vec2: both must have the same number of parts");
    check_error(
        "local v = vec3.ONE + 'a'",
        "cannot compute vec3 + string: a vector computes with numbers and with vectors",
    );
    check_error("local v = vec3.ONE * nil", "cannot compute vec3 * nil");
    check_error("local v = vec3.X * quat.IDENTITY", "on its left: q * v");
    check_error("local v = t.translation + self.Speed", "cannot compute vec3 + 'Speed'");
    check_error("local v = self.Speed + 1", "cannot compute 'Speed' + number: one of both is a reference");
    check_error("local v = vec3.ONE < vec3.ZERO", "attempt to compare two vec3 values");
    check_error(
        "local v = vec3.ONE  v.x = 2",
        "cannot set 'x' of a vec3, which never changes: make another one, as in v = v:with{x = …}",
    );
    check_error("local n = vec3.ONE.lenght", "a vec3 has no 'lenght'; did you mean 'length'?");
    check_error("local n = vec2.ONE.z", "a vec2 has no 'z'");
    check_error("local n = vec2.ONE.xz", "a vec2 has no 'xz'");
    check_error("local n = vec2.ONE[1]", "a vec2 has no [number]; it has x, y");
    check_error(
        "local n = t.translation.lenght",
        "'Transform.translation', a vec3, has no 'lenght'; did you mean 'length'?",
    );
    check_error("local n = vec3.ZRO", "'vec3' has no 'ZRO'; did you mean 'ZERO'?");
    check_error("local n = vec3.ONE:dot(1)", "bad argument #1 to 'dot' (vec3 expected, got number)");
    check_error("local n = vec3.ONE:dot()", "bad argument #1 to 'dot' (vec3 expected, got no value)");
    check_error("local n = vec3.ONE:lerp(vec3.X)", "bad argument #2 to 'lerp' (number expected, got no value)");
    check_error("local n = vec3.ONE:dot(t)", "(vec3 expected, got 'Transform')");
    check_error("local n = vec3.ONE.length()", "vec3 expected, got nil; call it as v:length(…)");
    check_error("color('blu')", "'blu' is no colour; did you mean 'BLUE'?");
    check_error("color.hex('#+12')", "'#+12' is no colour: write 3, 4, 6 or 8 hexadecimal digits");
    check_error("quat.euler(1, 2, 3, 'XXX')", "unknown order of the axes; there are XYZ");
    check_error(
        "t.translation = 5",
        "cannot set 'Transform.translation': it wants a vec3, got a number: for the same number in all parts write vec3(5)",
    );
    check_error("t.translation = quat.IDENTITY", "cannot set 'Transform.translation': it wants a vec3, got a quat");
    check_error("t.rotation = vec3.ONE", "it wants a quat, got a vec3: quat.euler and quat.axis_angle make one");
    check_error("t.translation = {1, 2}", "it wants a list of 3 numbers, got 2");
    check_error("t.translation = t", "it wants a vec3, got 'Transform'");
    check_error("facing[1] = vec3.ZERO", "it is a direction, and a vector of length 0 has none");
    check_error("shapes.paint.q = 1", "a color has no 'q'; its parts are r, g, b, a");
    check_error("shapes.paint = 1", "it wants a color, got a number: write color(r, g, b)");
    check_error("vec3.ZERO = 1", "read-only");
}

/// Everything is called with everything: nothing may panic, and errors are all that may go wrong.
#[test]
fn hostile_arguments() {
    let mut app = TestApp::new();
    app.run_on(
        r#"
        local odd = {0/0, 1/0, -1/0, 0, -1, 1e38, 2^31, -2^31 - 1, math.mininteger, math.maxinteger, 'x', '', {}, {1}, true,
            vec2(0/0), vec3(1/0), vec4.ZERO, ivec2.MIN, ivec3.MAX, uvec2.MAX, uvec4.ZERO, quat(0, 0, 0, 0), quat(0/0, 1, 2, 3),
            quat(1e38, 1e38, 0, 0), color.NONE, color.hsl(0/0, 1/0, -1), color.linear(1e38, -1, 0), self.Transform,
            self.Transform.translation, self, vec2.ZERO, vec3.ZERO, vec3(1e-40), vec3(3e38), ivec4.MIN, uvec3.MAX}
        odd[#odd + 1] = function() end
        local kinds = {vec2, vec3, vec4, ivec2, ivec3, ivec4, uvec2, uvec3, uvec4, quat, color}
        local operators = {
            function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
            function(a, b) return a / b end, function(a, b) return a // b end, function(a, b) return a % b end,
            function(a, b) return a == b end, function(a) return -a end, function(a) return tostring(a) end,
            function(a, b) return a[b] end, function(a) return a.xy end, function(a) return a.r end,
        }
        local count = 0
        for _, kind in ipairs(kinds) do
            for name, f in pairs(kind) do
                if type(f) == 'function' then
                    for _, a in ipairs(odd) do
                        pcall(f, a)
                        for _, b in ipairs(odd) do
                            count = count + 1
                            pcall(f, a, b)
                            pcall(f, a, b, a)
                            pcall(f, a, b, 1e30, 0/0)
                        end
                    end
                end
            end
            for _, a in ipairs(odd) do
                pcall(kind, a)
                for _, b in ipairs(odd) do pcall(kind, a, b) pcall(kind, a, b, a) end
            end
        end
        for _, f in ipairs(operators) do
            for _, a in ipairs(odd) do for _, b in ipairs(odd) do pcall(f, a, b) end end
        end
        for _, a in ipairs(odd) do
            for _, field in ipairs{'translation', 'rotation', 'scale'} do
                pcall(function() self.Transform[field] = a end)
                pcall(function() self.Transform[field] = {x = a} end)
                pcall(function() self.Transform[field].x = a end)
            end
            for _, field in ipairs{'flat', 'space', 'aligned', 'four', 'cell', 'size', 'turn', 'paint', 'glow', 'list'} do
                pcall(function() self.Shapes[field] = a end)
                pcall(function() self.Shapes[field].a = a end)
            end
            pcall(function() self.Facing[1] = a end)
            pcall(function() self.Facing[1].x = a end)
        end
        print(count > 10000)
        "#,
        (Shapes::default(), Transform::default(), Facing(Dir3::X)),
    );
    assert!(app.frames_until(|app| !app.prints().is_empty() || !app.errors().is_empty()));
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["true"]);
}
