using System.Globalization;
using Hexagram.Client;
using Hexagram.Client.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Shop;

// A shop that takes orders by message. Kill it whenever you like: every order is in its table once, and every customer hears of it once.
if (args.Length is < 2 or > 4)
{
    Console.Error.WriteLine("Usage: Shop SERVER TOKEN [CONNECTION [ORDERS]]    ends after so many ORDERS have left");
    return 2;
}

var ordersMax = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : int.MaxValue;
await using var database = new ShopDatabase(args.Length > 2 ? args[2] : "Data Source=shop.db");
await using (var context = database.NewContext())
{
    // A real shop has migrations. Before the client is opened, because this makes tables only where there are none.
    await context.Database.EnsureCreatedAsync();
}

await using var client = await HexagramClient.OpenAsync(new()
{
    Server = new Uri(args[0]),
    Token = args[1],
    Store = database.ClientStore,
});

// Handle inside: the order, the answer, and the mark that this message has been handled are committed together, or not at all.
client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
{
    await using var context = await database.ContextInAsync(transaction, cancellationToken);
    var order = new Order { Customer = message.From.Value, Item = message.Text };
    context.Add(order);
    await context.SaveChangesAsync(cancellationToken);
    await client.SendAsync(order.Customer, $"order {order.Id}: {order.Item}", cancellationToken);
});

Console.WriteLine("The shop is open.");
using var closing = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    closing.Cancel();
};

using var rounds = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
var left = 0;
try
{
    while (left < ordersMax && await rounds.WaitForNextTickAsync(closing.Token))
    {
        left += await ShipAsync(closing.Token);
    }

    await Task.WhenAll(client.ListOutbox().Select(message => message.Delivered));
}
catch (OperationCanceledException)
{
    Console.WriteLine("The shop is closed.");
}

return 0;

// Send inside: the order is marked, and its customer told, in one transaction of the shop's own.
async Task<int> ShipAsync(CancellationToken cancellationToken)
{
    await using var context = database.NewContext();
    await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
    var orders = await context.Orders.Where(order => !order.HasLeft).OrderBy(order => order.Id).ToListAsync(cancellationToken);
    var messages = new List<EnqueuedMessage>();
    foreach (var order in orders)
    {
        order.HasLeft = true;
        messages.Add(await client.SendAsync(order.Customer, $"order {order.Id} has left", transaction.GetDbTransaction(), cancellationToken));
    }

    await context.SaveChangesAsync(cancellationToken);
    await transaction.CommitAsync(cancellationToken);
    foreach (var message in messages)
    {
        await message.Sent;
    }

    orders.ForEach(order => Console.WriteLine($"order {order.Id} for {order.Customer} has left: {order.Item}"));
    return orders.Count;
}
