using System.Security.Claims;
using Hexagram.AspNetCore;
using Hexagram.Protocol;
using Hexagram.Samples.Chat;
using Hexagram.Server;
using Hexagram.Server.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

var builder = WebApplication.CreateBuilder(args);

// The application's own way to know its users; any other that ASP.NET Core has would do.
builder.Services.AddAuthorization();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
{
    cookie.Cookie.SameSite = SameSiteMode.Strict;
    cookie.Events.OnRedirectToLogin = context =>
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    };
});

builder.Services.AddHexagram(builder.Configuration.GetSection("Hexagram")).UseRocksDb(builder.Configuration["Data"] ?? "hexagram-data");

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();

// Whoever is signed in may open a connection, and is on it whom the cookie says.
app.MapHexagram("/v1").RequireAuthorization();

app.MapPost("/sign-in", (SignIn who) => who.Password == $"{who.Name}'s password" && who.Name is "alice" or "bob"
    ? Results.SignIn(
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, who.Name)], CookieAuthenticationDefaults.AuthenticationScheme)),
        new AuthenticationProperties { ExpiresUtc = TimeProvider.System.GetUtcNow().AddHours(8) })
    : Results.Unauthorized());

app.MapGet("/me", (ClaimsPrincipal who) => Results.Json(who.FindFirstValue(ClaimTypes.NameIdentifier))).RequireAuthorization();

// The cookie is taken from this browser, and what it has open ends with it. Other browsers of the user stay signed in.
app.MapPost("/sign-out", async (string device, ClaimsPrincipal who, IHexagram hexagram) =>
{
    if (!DeviceId.TryParse(device, out var browser))
    {
        return Results.BadRequest("'device' must be the id that the page's Hello says.");
    }

    await hexagram.EndSessionsAsync(new UserId(who.FindFirstValue(ClaimTypes.NameIdentifier)!), browser);
    return Results.SignOut();
}).RequireAuthorization();

// The server's own code sends, too. Whoever asks twice with one id has said it once.
app.MapPost("/notices", async (Notice notice, IHexagram hexagram, CancellationToken cancellationToken) =>
{
    if (!UserId.TryParse(notice.To, out var to) || (notice.Id is not null && !MessageId.TryParse(notice.Id, out _)))
    {
        return Results.BadRequest("'to' must be a user's id, and 'id', if it is there, a UUID of version 7.");
    }

    var id = MessageId.TryParse(notice.Id, out var given) ? given : hexagram.NewId();
    var sent = await hexagram.SendAsync(new UserId("office"), to, notice.Text, id, cancellationToken);
    var answer = new { Id = $"{sent.Id}", Outcome = $"{sent.Outcome}", Code = (int)sent.Code };
    return Results.Json(answer, statusCode: sent.Outcome switch
    {
        SendOutcome.Accepted or SendOutcome.Duplicate => StatusCodes.Status202Accepted,
        SendOutcome.Refused => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status503ServiceUnavailable,
    });
}).RequireAuthorization();

app.Run();
