// One invented person and her records, from a seed and her number: whoever else is made does not change her.
import { isoOfMs } from "../../../core/base/index.ts";
import { fixedTable, type PodTable } from "../../../core/pods/index.ts";
import type { Cell } from "../intake.ts";
import { SeededRandom } from "./random.ts";
import { type City, cities, familyNames, givenNames, movies, type Profession, professions, spending } from "./world.ts";

export const synthTables: readonly PodTable[] = [
  fixedTable("profile", [
    "name",
    "age:int64:years",
    "sex",
    "profession",
    "city",
    "country",
    "salary:float64",
    "sick_leave_days:int64:day",
  ]),
  fixedTable("ratings", ["movie", "stars:float64", "day:date"]),
  fixedTable("electricity_readings", ["at:timestamp", "interval:int64:s", "used:float64:kWh", "cost:float64", "flow"]),
  fixedTable("samples", [
    "at:timestamp",
    "latitude:float64:°",
    "longitude:float64:°",
    "pm25:float64:µg/m³",
    "noise:float64:dB",
  ]),
  fixedTable("bank_transactions", [
    "account",
    "booked:date",
    "kind",
    "amount:float64",
    "currency",
    "counterparty",
    "memo",
    "id",
  ]),
];

/** A table's place in `synthTables`, and a row of it. */
export type SynthRow = readonly [number, readonly Cell[]];

/** 1 March 2024, a Friday. */
const startMs = 1_709_251_200_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const electricityDays = 14;
const sampleDays = 3;
const months = 3;

/** How likely each is; those that are not named do not occur. */
export type Professions = ReadonlyMap<string, number>;

export const professionNames: readonly string[] = professions.map(({ name }) => name);

export const sexes: readonly string[] = ["female", "male"];

export function* personRows(seed: number, index: number, among?: Professions): Generator<SynthRow> {
  const random = new SeededRandom(seed, index);
  const city = random.weighted(cities.map((one) => [one, one.people] as const));
  const profession = random.weighted(professionsAmong(among));
  const age = ageFor(profession, random);
  const salary = salaryOf(profession, age, city, random);
  const sickDays = Math.max(0, Math.round(random.bell(profession.sickDays * (0.7 + age / 130), 4)));
  const name = `${random.one(givenNames)} ${random.one(familyNames)}`;
  yield [0, [name, age, random.one(sexes), profession.name, city.name, city.country, salary, sickDays]];
  yield* ratings(random, age);
  yield* electricity(random, profession.name === "pensioner");
  yield* track(random, city);
  yield* bank(random, index, salary, city);
}

function professionsAmong(among: Professions | undefined): (readonly [Profession, number])[] {
  const found = professions.map((one) => [one, among === undefined ? one.weight : (among.get(one.name) ?? 0)] as const);
  return found.filter(([, weight]) => weight > 0);
}

function ageFor(profession: Profession, random: SeededRandom): number {
  if (profession.name === "student") return random.whole(18, 29);
  if (profession.name === "pensioner") return Math.min(97, Math.round(65 + Math.abs(random.bell(0, 9))));
  return Math.max(19, Math.min(66, Math.round(random.bell(43, 11))));
}

function salaryOf(profession: Profession, age: number, city: City, random: SeededRandom): number {
  const years = Math.max(0, Math.min(35, age - 25));
  const usual = (profession.salary + profession.raise * years) * city.wages;
  return Math.max(4_000, Math.round((usual * random.bell(1, 0.14)) / 100) * 100);
}

function* ratings(random: SeededRandom, age: number): Generator<SynthRow> {
  const taste = Math.max(-1, Math.min(1, random.bell(0.5 - age / 90, 0.5)));
  for (const [title, loudness] of movies) {
    if (!random.chance(0.55)) continue;
    const liked = 4.3 - 2.2 * Math.abs(taste - loudness) + random.bell(0, 0.6);
    const rating = Math.max(0.5, Math.min(5, Math.round(liked * 2) / 2));
    yield [1, [title, rating, isoOfMs(startMs - random.whole(1, 700) * dayMs).slice(0, 10)]];
  }
}

function* electricity(random: SeededRandom, atHome: boolean): Generator<SynthRow> {
  const household = random.between(0.6, 1.8);
  const flow = "used";
  for (let hour = 0; hour < electricityDays * 24; hour++) {
    const ofDay = hour % 24;
    const evening = Math.exp(-(((ofDay - 19.5) / 2.6) ** 2));
    const morning = Math.exp(-(((ofDay - 7.2) / 1.4) ** 2));
    const noon = atHome ? Math.exp(-(((ofDay - 12.5) / 2) ** 2)) : 0;
    const used = household * (0.11 + 0.5 * evening + 0.28 * morning + 0.3 * noon) * random.between(0.7, 1.3);
    const kWh = Math.round(used * 1_000) / 1_000;
    yield [2, [isoOfMs(startMs + hour * hourMs), 3_600, kWh, Math.round(kWh * 3_200) / 10_000, flow]];
  }
}

/** To work and back, a sample a minute: dust and noise follow the hour, the road and the city. */
function* track(random: SeededRandom, city: City): Generator<SynthRow> {
  const spread = city.people > 500 ? 0.06 : 0.025;
  const home = [city.latitude + random.bell(0, spread), city.longitude + random.bell(0, spread * 1.4)] as const;
  const work = [city.latitude + random.bell(0, spread / 2), city.longitude + random.bell(0, spread / 1.4)] as const;
  const minutes = random.whole(14, 40);
  for (let day = 0; day < sampleDays; day++) {
    for (const [hour, from, to] of [
      [7 + random.next(), home, work],
      [16.5 + random.next(), work, home],
    ] as const) {
      const leaveMs = startMs + day * dayMs + Math.round(hour * 60) * 60_000;
      for (let minute = 0; minute <= minutes; minute++) {
        const part = minute / minutes;
        const road = Math.sin(Math.PI * part);
        const at = (axis: 0 | 1) =>
          Number((from[axis] + (to[axis] - from[axis]) * part + random.bell(0, 0.0002)).toFixed(6));
        const dust = Math.max(1, random.bell(city.dust * (0.8 + 0.6 * road), 1.8));
        const noise = Math.max(32, random.bell(city.noise - 12 + 14 * road, 2.5));
        yield [
          3,
          [isoOfMs(leaveMs + minute * 60_000), at(0), at(1), Number(dust.toFixed(1)), Number(noise.toFixed(1))],
        ];
      }
    }
  }
}

function* bank(random: SeededRandom, index: number, salary: number, city: City): Generator<SynthRow> {
  const account = `XX${String(10_000_000 + index)}`;
  const level = 0.6 + Math.min(1.4, salary / 60_000);
  let entry = 0;
  const row = (dayMsOf: number, amount: number, counterparty: string, memo: string): SynthRow => {
    const booked = isoOfMs(dayMsOf).slice(0, 10);
    const kind = amount < 0 ? "DEBIT" : "CREDIT";
    return [
      4,
      [account, booked, kind, Number(amount.toFixed(2)), city.currency, counterparty, memo, `${account}-${++entry}`],
    ];
  };
  for (let month = 0; month < months; month++) {
    const first = startMs - (months - month) * 30 * dayMs;
    yield row(first + 27 * dayMs, (salary / 12) * 0.68, "Employer or Pension Fund", "salary");
    yield row(first + dayMs, -(260 + (salary / 12) * 0.19) * random.between(0.95, 1.05), "Home Lettings", "rent");
    for (const [counterparty, memo, typical, perMonth] of spending) {
      const times = Math.max(0, Math.round(random.bell(perMonth, Math.sqrt(perMonth) / 2)));
      for (let n = 0; n < times; n++) {
        const amount = -Math.max(1, typical * level * random.between(0.5, 1.6));
        yield row(first + random.whole(0, 29) * dayMs, amount, counterparty, memo);
      }
    }
  }
}
